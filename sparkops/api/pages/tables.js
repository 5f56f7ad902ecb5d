// The catalog, and the versions and first rows of a table.
import { el, link, show } from "./dom.js";
import { card, count, dataGrid, empty, facts, formatTime, formatValue, grid, head, pill, problem } from "./format.js";
import { get, path } from "./requests.js";

const ROWS = 50;

/** Show all tables. */
export async function showTables({ main, signal, onShown }) {
  const { tables } = await get("/tables", {}, signal);
  show(main, head(null, "Tables"), tables.length ? el("section", { class: "card" }, grid("Tables", [
    { label: "table", cell: (table) => link(["tables", table.name], table.name) },
    { label: "kind", cell: (table) => table.kind },
    { label: "version", numeric: true, cell: (table) => table.version },
    { label: "written", nowrap: true, cell: (table) => (table.exists ? formatTime(table.time) : "not written yet") },
    { label: "description", cell: (table) => table.description || null },
  ], tables)) : empty("The catalog has no table."));
  onShown("Tables");
}

/** Show a table: its newest version, or the one that the address names. */
export async function showTable({ main, name, query, signal, onShown }) {
  const at = query.get("at");
  const { tables } = await get("/tables", {}, signal);
  const table = tables.find((other) => other.name === name);
  if (!table) throw new Error(`No table ${name}: the navigation lists all tables.`);
  const [preview, history, checked] = await Promise.all([
    attempt(() => get(path("tables", name, "preview"), { at, limit: ROWS }, signal)),
    table.kind === "delta" && table.exists ? attempt(() => get(path("tables", name, "history"), { limit: 100 }, signal)) : null,
    table.kind === "delta" ? attempt(() => get(path("tables", name, "checks"), { limit: 20 }, signal)) : null,
  ]);
  const title = at === null ? "First rows" : `First rows of version ${at}`;
  show(main,
    head("Table", name, table.description && el("p", { class: "lead" }, table.description), facts([
      ["kind", table.kind], ["version", table.version], ["written", table.exists ? formatTime(table.time) : "not yet"], ["location", table.location],
    ])),
    table.exists && card(title, rows(name, preview)),
    checked && checkHistory(checked),
    history && card("Versions", versions(name, history, at)));
  onShown(name);
}

async function attempt(request) {
  try {
    return await request();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return error;
  }
}

function rows(name, preview) {
  if (preview instanceof Error) return problem(preview);
  return preview.rows.length
    ? [dataGrid(`Rows of ${name}`, preview.columns, preview.rows), el("p", { class: "note" }, preview.rows.length < ROWS ? count(preview.rows.length, "row") : `The first ${count(ROWS, "row")}`)]
    : empty(`No rows. Columns: ${preview.columns.join(", ")}`);
}

function versions(name, history, at) {
  if (history instanceof Error) return problem(history);
  const address = (version) => `#/tables/${encodeURIComponent(name)}?at=${version}`;
  return grid("Versions", [
    { label: "version", numeric: true, cell: (commit) => el("a", { href: address(commit.version), "aria-current": String(commit.version) === at ? "true" : null }, String(commit.version)) },
    { label: "written", nowrap: true, cell: (commit) => formatTime(commit.time) },
    { label: "operation", cell: (commit) => commit.operation },
    { label: "rows written", numeric: true, cell: (commit) => commit.rows },
    { label: "run", nowrap: true, cell: (commit) => (commit.run_id ? link(["runs", commit.run_id], commit.run_id) : null) },
  ], history.versions, { tall: history.versions.length > 15 });
}

/** Return the results of each expectation over time, the newest first. */
function checkHistory(checked) {
  if (checked instanceof Error) return card("Checks", problem(checked));
  return checked.expectations.length > 0 && card("Checks", grid("Checks", [
    { label: "newest", cell: (history) => result(history.results.at(-1)) },
    { label: "expectation", cell: (history) => [el("code", {}, history.expectation), " ", el("span", { class: "dim" },
      Object.entries(history.kwargs).map(([name, value]) => `${name}=${formatValue(value)}`).join(", "))] },
    { label: "failed", numeric: true, cell: (history) => `${history.failed} of ${history.runs}` },
    { label: "last failed", nowrap: true, cell: (history) => (history.last_failed ? formatTime(history.last_failed) : null) },
    { label: "before", cell: (history) => el("span", { class: "strip" }, history.results.slice(0, -1).reverse().map((check) =>
      link(["runs", check.run], check.success ? "✓" : "✕", { class: check.success ? "good" : "bad", "aria-label": `${check.success ? "passed" : "failed"} ${formatTime(check.time)}`, title: formatTime(check.time) }))) },
  ], checked.expectations));
}

function result(check) {
  return link(["runs", check.run], pill(check.success ? "passed" : "failed", check.success ? "good" : "bad"));
}
