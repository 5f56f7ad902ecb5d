// What two runs do not share.
import { el, link, show } from "./dom.js";
import { card, empty, formatTime, formatValue, grid, head } from "./format.js";
import { get, path } from "./requests.js";
import { formatParams } from "./runs.js";

/** Show what differs between two runs. */
export async function showDifference({ main, name, other, signal, onShown }) {
  const diff = await get(path("runs", other, "diff", name), {}, signal);
  const sections = Object.entries(diff.differences).filter(([, differences]) => differences.length);
  show(main,
    head("Comparison", diff.jobs[0] === diff.jobs[1] ? diff.jobs[0] : diff.jobs.join(" and "), el("p", { class: "lead" },
      "Before: ", link(["runs", diff.before], diff.before), ". After: ", link(["runs", diff.after], diff.after), ".")),
    card("Summary", diff.summary.length ? el("ul", { class: "sentences" }, diff.summary.map((sentence) => el("li", {}, sentence))) : empty("The runs share everything.")),
    sections.map(([section, differences]) => card(section[0].toUpperCase() + section.slice(1), grid(section, [
      { label: "name", cell: (difference) => difference.name },
      { label: "before", cell: (difference) => difference.before },
      { label: "after", cell: (difference) => difference.after },
      ...(differences.some((difference) => difference.detail || difference.change) ? [
        { label: "detail", cell: (difference) => [difference.detail, difference.change && el("div", { class: "dim" }, formatChange(difference.change))] },
      ] : []),
    ], differences))));
  onShown(`Comparison of ${name}`);
}

function formatChange(change) {
  return Object.entries(change).filter(([, value]) => typeof value === "number")
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${formatValue(value)}`).join(", ");
}

/** Return the choice of an earlier run to compare with. */
export function comparison(run, signal) {
  const box = el("details", {}, el("summary", {}, "Compare with another run"));
  box.addEventListener("toggle", async () => {
    const { runs } = await get("/runs", { job: run.job, limit: 50 }, signal);
    const others = runs.filter((other) => other.id !== run.id && other.started);
    const id = "compare-with";
    const options = others.map((other) => el("option", {}, [formatTime(other.started), other.state.replaceAll("_", " "), formatParams(other.params)].filter(Boolean).join(" · ")));
    const select = el("select", { id }, options);
    const compare = () => { location.hash = `#/runs/${encodeURIComponent(run.id)}?with=${encodeURIComponent(others[select.selectedIndex].id)}`; };
    box.append(others.length
      ? el("div", { class: "field" }, el("label", { for: id }, "Run"), select, el("div", { class: "actions" }, el("button", { type: "button", on: { click: compare } }, "Compare")))
      : empty("No other run of this job."));
  }, { once: true });
  return box;
}
