// One run: its state and log as they change, and what it published.
import { comparison, showDifference } from "./compare.js";
import { announce, append, el, link, show } from "./dom.js";
import { ACTIVE, card, facts, formatDuration, formatTime, formatValue, grid, head, pill } from "./format.js";
import { lineage } from "./lineage.js";
import { confirmButton, keepFocus, repeat } from "./live.js";
import { followLog } from "./log.js";
import { get, path, post } from "./requests.js";
import { showResult } from "./result.js";
import { goesOn, streamFigures } from "./stream.js";
import { undoActions, verdict } from "./undo.js";

/** Show a run until the view is left, or compare it with the one that the address names. */
export async function showRun({ main, name, query, session, signal, onShown }) {
  if (query.get("with")) return showDifference({ main, name, other: query.get("with"), signal, onShown });
  return followRun({ main, name, session, signal, onShown });
}

async function followRun({ main, name, session, signal, onShown }) {
  let run = await get(path("runs", name), {}, signal);
  const boxes = Object.fromEntries(["state", "actions", "stream", "plan", "verdict", "facts", "error", "result", "checks", "lineage", "log", "record"].map((key) => [key, el("div", { class: `run-${key}` })]));
  let phase = "";
  const update = () => {
    show(boxes.state, pill(run.state), progress(run));
    show(boxes.facts, describe(run));
    keepFocus(boxes.stream, () => show(boxes.stream, streamFigures(run)));
    show(boxes.error, run.error && el("div", { class: run.state === "cancelled" ? "problem warn" : "problem" }, el("p", { class: "message" }, run.error.message)));
    if (phase !== run.state) {
      phase = run.state;
      if (session.caller.role !== "read") keepFocus(boxes.actions, () => show(boxes.actions, actions(run, refresh, boxes.plan)));
      show(boxes.verdict, verdict(run));
      show(boxes.checks, checks(run));
      show(boxes.record, attempts(run), parts(run), record(run));
      if (!ACTIVE.has(run.state)) {
        showResult(boxes.result, run, signal);
        lineage(run, signal).then((picture) => show(boxes.lineage, picture), () => {});
      }
      announce(`The run is ${run.state.replaceAll("_", " ")}.`);
    }
  };
  const refresh = async () => {
    run = await get(path("runs", run.id), {}, signal);
    update();
  };
  update();
  show(main, head("Run", link(["jobs", run.job], run.job), boxes.state), boxes.error, boxes.facts, boxes.actions, boxes.stream, boxes.plan, boxes.verdict,
    boxes.result, boxes.checks, boxes.lineage, card("Log", boxes.log), el("div", { class: "run-compare" }, comparison(run, signal)), boxes.record);
  onShown(`${run.job} ${run.id}`);
  followLog(boxes.log, run, signal, refresh);
  await repeat(1, signal, async () => {
    if (ACTIVE.has(run.state)) await refresh();
  });
}

function progress(run) {
  if (!ACTIVE.has(run.state)) return null;
  const text = run.started ? `for ${formatDuration(run.started)}` : `waits for ${formatDuration(run.accepted)}`;
  return [" ", el("span", { class: "dim" }, text), el("div", { class: "progress", role: "progressbar", "aria-label": "The run is active" }, el("i", {}))];
}

function describe(run) {
  const record = run.record || {};
  const params = Object.entries(run.params || {});
  return [
    params.length > 0 && el("ul", { class: "chips", "aria-label": "Parameters" }, params.map(([name, value]) =>
      el("li", { class: "chip" }, `${name} `, el("b", {}, formatValue(value))))),
    facts([
      ["run", run.id], ["accepted", run.accepted && formatTime(run.accepted)], ["started", run.started && formatTime(run.started)],
      ["ended", run.ended && formatTime(run.ended)], ["time", run.ended && formatDuration(run.started, run.ended)],
      ["caller", run.caller], ["context", run.context], ["attempt", run.attempt > 1 ? run.attempt : null],
      ["as of", record.as_of && formatTime(record.as_of)],
      ["answered by", run.answered_by && link(["runs", run.answered_by], run.answered_by)],
      ["every", run.every], ["kind", run.kind], ["result", run.result && formatValue(run.result)],
      ["part of", record.parent && link(["runs", record.parent], record.parent)],
      ["rolled back by", record.rolled_back && link(["runs", record.rolled_back], record.rolled_back)],
    ]),
  ];
}

function actions(run, refresh, plan) {
  const cancel = async () => {
    await post(`${path("runs", run.id, "cancel")}?wait=1`);
    await refresh();
  };
  const again = async () => {
    const repeated = await post(path("runs", run.id, "repeat"));
    location.hash = `#/runs/${encodeURIComponent(repeated.id)}`;
  };
  if (run.state === "cancelling") return el("p", { class: "dim" }, "Its Spark jobs are stopped.");
  if (ACTIVE.has(run.state)) return el("div", { class: "actions" }, stopButton(run, cancel));
  const box = el("div", { class: "actions" });
  if (!isSpecial(run)) {
    append(box, [repeatButton(run, again), el("a", { class: "button", href: `#/jobs/${encodeURIComponent(run.job)}?from=${encodeURIComponent(run.id)}` }, "Repeat with changes")]);
  }
  append(box, undoActions(run, plan));
  return box;
}

function stopButton(run, cancel) {
  return goesOn(run) && run.started
    ? confirmButton("Stop", "Stop the stream? The next run continues where it stopped.", cancel)
    : confirmButton("Cancel run", "Stop its Spark jobs?", cancel);
}

function repeatButton(run, again) {
  return goesOn(run)
    ? confirmButton("Start again", "Continue the stream where it stopped?", again, { danger: false })
    : confirmButton("Repeat", "Run again with the same parameters?", again, { danger: false });
}

/** Return whether a run is a replay, a rollback or a release. */
function isSpecial(run) {
  const { replay = {}, rollback = null } = run.record || {};
  return Boolean(run.kind || replay.of || rollback);
}

function checks(run) {
  const results = (run.record || {}).checks || [];
  if (!results.length) return null;
  const failed = results.filter((check) => !check.success).length;
  const overall = failed ? pill(`${failed} of ${results.length} failed`, "bad") : pill(`${results.length} passed`, "good");
  return card(["Checks ", overall], grid("Checks", [
    { label: "result", cell: (check) => pill(check.success ? "passed" : "failed", check.success ? "good" : check.severity === "warning" ? "warn" : "bad") },
    { label: "table", cell: (check) => link(["tables", check.table], check.table) },
    { label: "expectation", cell: (check) => [el("code", {}, check.expectation), " ", el("span", { class: "dim" }, formatArguments(check.kwargs))] },
    { label: "observed", cell: (check) => check.error || formatValue(check.observed) },
    { label: "unexpected", numeric: true, cell: (check) => check.unexpected },
    { label: "policy", cell: (check) => check.policy },
    { label: "samples", cell: (check) => (check.samples || []).map(formatValue).join(", ") || null },
  ], results));
}

function formatArguments(values) {
  return Object.entries(values || {}).map(([name, value]) => `${name}=${formatValue(value)}`).join(", ");
}

function attempts(run) {
  const all = (run.record || {}).attempts || [];
  return all.length > 1 ? card("Attempts", grid("Attempts", [
    { label: "attempt", cell: (attempt) => attempt.number },
    { label: "state", cell: (attempt) => pill(attempt.state) },
    { label: "ended", nowrap: true, cell: (attempt) => formatTime(attempt.ended) },
    { label: "error", cell: (attempt) => attempt.error && (attempt.error.message || attempt.error) },
  ], all)) : null;
}

function parts(run) {
  const items = (run.record || {}).items || [];
  return items.length ? card("Its runs", grid("Its runs", [
    { label: "part", cell: (item) => item.label },
    { label: "run", cell: (item) => link(["runs", item.run], item.run) },
  ], items, { tall: items.length > 15 })) : null;
}

function record(run) {
  const { timings = {}, code = {}, spark = {}, origins = {} } = run.record || {};
  const seconds = Object.entries(timings).map(([name, value]) => `${name.replaceAll("_", " ")} ${value.toFixed(2)} s`);
  if (!run.record || !Object.keys(run.record).length) return null;
  return el("details", {}, el("summary", {}, "Record"), facts([
    ["steps", seconds.join(", ")], ["code", code.commit], ["Spark application", spark.application_id || spark.app_id],
    ["origins of parameters", Object.entries(origins).map(([name, origin]) => `${name}: ${origin}`).join(", ")],
  ]), el("pre", { class: "log", tabindex: "0" }, JSON.stringify(run.record, null, 2)));
}
