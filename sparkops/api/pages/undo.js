// Replays, rollbacks and releases: what is done with something recorded.
import { el, link, show } from "./dom.js";
import { makeField } from "./fields.js";
import { empty, formatValue, pill, problem } from "./format.js";
import { confirmButton } from "./live.js";
import { path, post } from "./requests.js";

function follow(run) {
  location.hash = `#/runs/${encodeURIComponent(run.id)}`;
}

/** Return the buttons for an ended run that replay it and roll it back. */
export function undoActions(run, plan) {
  const parts = [];
  if (run.state === "done" && !run.kind) {
    const replay = async () => follow(await post(path("runs", run.id, "replay")));
    parts.push(confirmButton("Replay", "Run it again on the versions that it read, and compare the results?", replay, { danger: false }));
  }
  if (Object.keys(run.outputs || {}).length > 0 || run.registered || run.kind === "rollback") {
    const ask = async (event) => {
      const button = event.currentTarget;
      button.disabled = true;
      await showPlan(plan, run);
      button.disabled = false;
    };
    parts.push(el("button", { type: "button", class: "danger", on: { click: ask } }, "Roll back…"));
  }
  return parts;
}

/** Show what a rollback would change, before it is asked for. */
async function showPlan(box, run) {
  const url = path("runs", run.id, "rollback");
  const request = async (cascade) => {
    const { plan } = await post(url, { dry_run: true, cascade });
    const act = async () => follow(await post(url, { cascade }));
    show(box, el("section", { class: "card", tabindex: "-1" }, el("h2", {}, "Roll back"), describePlan(plan),
      el("div", { class: "actions" }, confirmButton("Roll back", "Change this now?", act),
        el("button", { type: "button", class: "quiet", on: { click: () => show(box) } }, "Close"))));
  };
  try {
    await request(false);
  } catch (refused) {
    const more = el("button", { type: "button", on: { click: () => request(true).catch((error) => show(box, problem(error))) } }, "Show the plan that includes them");
    show(box, problem(refused), refused.status < 500 && refused.status !== 403 && el("div", { class: "actions" }, more,
      el("button", { type: "button", class: "quiet", on: { click: () => show(box) } }, "Close")));
  }
  box.querySelector(".card, button")?.focus();
}

function describePlan({ runs, tables, models, foreign }) {
  const lines = [
    ...runs.map((item) => ["Run ", link(["runs", item.run], item.run), ` of ${item.job} is rolled back.`]),
    ...tables.map((item) => [link(["tables", item.table], item.table), item.version === null
      ? " is emptied." : ` returns from version ${item.newest} to the rows of version ${item.version}.`]),
    ...models.map((item) => [`Aliases of ${item.model}: ${formatValue(item.after)} become ${formatValue(item.before)}.`]),
    ...foreign.map((item) => [`Version ${item.version} of ${item.table} (${item.operation}) is undone, too; no recorded run wrote it.`]),
  ];
  return lines.length ? el("ul", { class: "sentences" }, lines.map((line) => el("li", {}, line))) : empty("Nothing changes.");
}

/** Return the verdict of a replay; null for any other run. */
export function verdict(run) {
  const replay = (run.record || {}).replay || {};
  if (!replay.verdict) return null;
  const { verdict: word, summary, notes = [] } = replay.verdict;
  return el("section", { class: "card" }, el("h2", {}, "Replay of ", link(["runs", replay.of], replay.of), " ", pill(word, word === "identical" ? "good" : "bad")),
    el("p", {}, summary), notes.length > 0 && el("ul", { class: "sentences" }, notes.map((note) => el("li", {}, note))),
    el("p", {}, el("a", { href: `#/runs/${encodeURIComponent(run.id)}?with=${encodeURIComponent(replay.of)}` }, "Compare both runs")));
}

/** Return the form that releases the quarantined rows of a table. */
export function releaseForm(table, runs) {
  const run = makeField("run", { enum: runs, description: "Only the rows that one run quarantined.", default: "all runs" }, { id: "release-run" });
  const repairs = makeField("set", { type: "object", description: "New values of columns, as SQL expressions." }, { id: "release-set" });
  const send = (discard) => async () => {
    const body = { discard };
    if (run.read()) body.run = JSON.parse(run.read());
    if (repairs.read() && !discard) body.set = JSON.parse(repairs.read());
    follow(await post(path("quarantine", table, "release"), body));
  };
  return el("section", { class: "card" }, el("h2", {}, "Release"), run.element, repairs.element,
    el("div", { class: "actions" },
      confirmButton("Release rows", "Check the rows again, and write those that pass?", send(false), { danger: false }),
      confirmButton("Discard rows", "Never write these rows?", send(true))));
}
