// The list of runs.
import { el, link, show } from "./dom.js";
import { empty, formatDuration, formatValue, grid, head, pill } from "./format.js";
import { keepFocus, repeat } from "./live.js";
import { get } from "./requests.js";

const STATES = [
  "queued", "running", "cancelling", "done", "failed", "checks_failed", "cancelled", "timed_out", "crashed", "skipped", "rolled_back",
];
const PAGE = 50;

/** Return runs as a table. The id of a run begins with the time at which it was requested. */
export function runGrid(runs, { hasJob = true } = {}) {
  return grid("Runs", [
    { label: "state", cell: (run) => pill(run.state) },
    ...(hasJob ? [{ label: "job", cell: (run) => link(["jobs", run.job], run.job) }] : []),
    { label: "run", nowrap: true, cell: (run) => link(["runs", run.id], run.id) },
    { label: "time", nowrap: true, numeric: true, cell: (run) => formatDuration(run.started, run.ended) },
    { label: "parameters", cell: (run) => formatParams(run.params) },
  ], runs);
}

/** Return parameters in one line. */
export function formatParams(params) {
  return Object.entries(params || {}).map(([name, value]) => `${name}=${formatValue(value)}`).join(", ");
}

/** Show the runs that the address asks for. */
export async function showRuns({ main, query, signal, onShown }) {
  const { jobs } = await get("/jobs", {}, signal);
  const limit = Number(query.get("limit")) || PAGE;
  const filter = { job: query.get("job"), state: query.get("state"), limit };
  const list = el("div", {});
  let before = "";
  const update = async () => {
    const { runs } = await get("/runs", filter, signal);
    const text = JSON.stringify(runs) + runs.some((run) => !run.ended) * Date.now();
    if (text === before) return;
    before = text;
    const more = runs.length >= limit && el("p", { class: "note" }, el("a", { href: address({ ...filter, limit: limit * 2 }) }, "More runs"));
    keepFocus(list, () => show(list, runs.length ? [runGrid(runs), more] : empty("No run is like this.")));
  };
  await update();
  show(main, head(null, "Runs"), el("div", { class: "filters" },
    select("Job", "job", jobs.map((job) => job.name), filter),
    select("State", "state", STATES, filter)), el("section", { class: "card" }, list));
  onShown("Runs");
  await repeat(3, signal, update);
}

function select(label, name, values, filter) {
  const options = values.map((value) => el("option", { value, selected: filter[name] === value }, value.replaceAll("_", " ")));
  const control = el("select", { id: `filter-${name}` }, el("option", { value: "" }, "all"), options);
  options.forEach((option, number) => { option.value = values[number]; });
  control.addEventListener("change", () => { location.hash = address({ ...filter, [name]: control.value, limit: PAGE }); });
  return el("div", { class: "field" }, el("label", { for: control.id }, label), control);
}

function address({ job, state, limit }) {
  const known = Object.entries({ job, state, limit: limit === PAGE ? null : limit }).filter(([, value]) => value);
  return `#/runs?${new URLSearchParams(known)}`;
}
