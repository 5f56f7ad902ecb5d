// Rows that checks have kept out of their tables.
import { el, link, show } from "./dom.js";
import { card, dataGrid, empty, grid, head, pill } from "./format.js";
import { get, path } from "./requests.js";
import { releaseForm } from "./undo.js";

const TONES = { held: "warn", interrupted: "bad", released: "good", discarded: "busy" };
const ROWS = 50;

/** Show the tables of which rows are in quarantine. */
export async function showQuarantines({ main, signal, onShown }) {
  const { tables } = await get("/quarantine", {}, signal);
  show(main, head(null, "Quarantine"), tables.length ? el("section", { class: "card" }, grid("Quarantine", [
    { label: "table", cell: (table) => link(["quarantine", table.table], table.table) },
    { label: "rows", numeric: true, cell: (table) => table.held },
    { label: "runs", cell: (table) => table.runs.map((run) => el("div", {}, link(["runs", run], run))) },
    { label: "interrupted releases", cell: (table) => table.interrupted.join(", ") || null },
  ], tables)) : empty("No row is in quarantine."));
  onShown("Quarantine");
}

/** Show the quarantine of a table. */
export async function showQuarantine({ main, name, session, signal, onShown }) {
  const { counts, rows, runs, held } = await get(path("quarantine", name), { limit: ROWS }, signal);
  const columns = rows.length ? Object.keys(rows[0]) : [];
  const canRelease = held > 0 && session.caller.role !== "read";
  const release = canRelease ? releaseForm(name, runs) : null;
  show(main, head("Quarantine", link(["tables", name], name)),
    card("Reasons", counts.length ? grid("Reasons", [
      { label: "state", cell: (part) => pill(part.state, TONES[part.state]) },
      { label: "rows", numeric: true, cell: (part) => part.rows },
      { label: "reasons", cell: (part) => part.reasons.map((reason) => el("div", {}, reason)) },
      { label: "run", nowrap: true, cell: (part) => link(["runs", part.run], part.run) },
      { label: "release", cell: (part) => part.release },
    ], counts) : empty("No row was ever in quarantine.")),
    rows.length > 0 && card("First rows", dataGrid("Rows in quarantine", columns, rows)), release);
  onShown(name);
}
