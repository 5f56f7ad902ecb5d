// What a run published: rows of tables, metrics, a model version, the page of a report.
import { el, link, show } from "./dom.js";
import { card, count, dataGrid, empty, facts, formatValue, grid, problem } from "./format.js";
import { get, getFile, path } from "./requests.js";

const ROWS = 100;

/** Show the result of a run that has ended. */
export async function showResult(box, run, signal) {
  // A release has no record.
  if (run.state !== "done" || !Object.keys(run.record || {}).length) {
    show(box);
    return;
  }
  try {
    const result = await get(path("runs", run.id, "result"), { limit: ROWS }, signal);
    const rows = el("div", {});
    show(box, report(run, result), published(run, result), rows);
    if (result.table) showRows(rows, run, result, signal);
  } catch (error) {
    if (!signal.aborted) show(box, card("Result", problem(error)));
  }
}

function report(run, result) {
  if (!result.report) return null;
  const url = path("runs", run.id, "result");
  return card("Report",
    el("iframe", { class: "report", src: url, title: `Report of ${run.job}`, sandbox: "", loading: "lazy", referrerpolicy: "no-referrer" }),
    el("p", { class: "note" }, el("a", { href: url, target: "_blank", rel: "noopener" }, "Open the report in a new tab")));
}

function published(run, result) {
  const outputs = Object.entries(result.outputs || {});
  const { registered } = result;
  const parts = [
    facts([
      ["read", versions(result.inputs, "tables")], ["scored with", versions(result.models, "models")],
      ["registered", registered && link(["models", registered.name], `${registered.name} version ${registered.version}`)],
      ...Object.entries(result.metrics || {}).map(([name, value]) => [name.replaceAll("_", " "), formatValue(value)]),
    ]),
    outputs.length > 0 && grid("Published tables", [
      { label: "table", cell: ([name]) => link(["tables", name], name) },
      { label: "version", numeric: true, cell: ([, output]) => output.version },
      { label: "rows written", numeric: true, cell: ([, output]) => output.rows },
    ], outputs),
  ];
  const isComplete = outputs.length || registered || result.report || (run.record.replay || {}).of;
  return card("Published", isComplete ? parts : [parts, empty("The run published nothing.")]);
}

function versions(named, kind) {
  const entries = Object.entries(named || {});
  return entries.length ? entries.map(([name, version], number) =>
    [number ? ", " : "", link([kind, name], version === null ? name : `${name} version ${version}`)]) : null;
}

function showRows(box, run, result, signal) {
  const names = Object.keys(result.outputs);
  const choice = names.length > 1 && el("select", { id: "result-table", "aria-label": "Table" },
    names.map((name) => el("option", { value: name, selected: name === result.table }, name)));
  if (choice) {
    choice.addEventListener("change", async () => {
      const table = names[choice.selectedIndex];
      showRows(box, run, await get(path("runs", run.id, "result"), { limit: ROWS, table }, signal), signal);
      box.querySelector("select").focus();
    });
  }
  const { rows } = result;
  const columns = rows.length ? Object.keys(rows[0]) : [];
  show(box, card(["Rows of ", result.table],
    choice && el("p", {}, choice),
    rows.length ? dataGrid(`Rows of ${result.table}`, columns, rows) : empty("No rows."),
    el("p", { class: "note" }, result.is_truncated ? `The first ${count(ROWS, "row")}. ` : `${count(rows.length, "row")}. `, download(run, result.table))));
}

function download(run, table) {
  const save = async (event) => {
    event.preventDefault();
    const url = `${path("runs", run.id, "result")}?${new URLSearchParams({ table, limit: 100_000 })}`;
    const address = URL.createObjectURL(await getFile(url, "text/csv"));
    el("a", { href: address, download: `${table}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  return el("button", { type: "button", class: "text", on: { click: save } }, "Save as CSV");
}
