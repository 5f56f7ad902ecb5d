// Texts of values, times and states.
import { clean, el } from "./dom.js";

const TONES = {
  done: "good", failed: "bad", checks_failed: "bad", crashed: "bad", timed_out: "bad",
  cancelled: "warn", cancelling: "warn", skipped: "warn", rolled_back: "warn", running: "busy", queued: "busy",
};
const MARKS = { good: "✓", warn: "!", bad: "✕", busy: "●" };
export const ACTIVE = new Set(["queued", "running", "cancelling"]);

/** Return the state of a run, or the result of a check, as a coloured word. */
export function pill(text, tone = TONES[text] || "busy") {
  const mark = el("span", { "aria-hidden": "true" }, `${MARKS[tone]} `);
  return el("span", { class: `pill ${tone}` }, mark, String(text).replaceAll("_", " "));
}

/** Return a time in UTC. */
export function formatTime(text) {
  if (!text) return "–";
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  return `${time.toISOString().slice(0, 19).replace("T", " ").replace(/:00$/, "")} UTC`;
}

/** Return the seconds between two times, to now if there is no second one. */
export function formatDuration(start, end) {
  if (start === null || start === undefined || start === "") return "–";
  const seconds = Math.max(0, ((end ? new Date(end) : new Date()) - new Date(start)) / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Return a count with its noun. */
export function count(number, noun, plural = `${noun}s`) {
  return `${Number(number).toLocaleString("en")} ${number === 1 ? noun : plural}`;
}

/** Return the text of any value. */
export function formatValue(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return formatNumber(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function countDecimals(value) {
  if (typeof value !== "number") return 0;
  const [, decimals = ""] = String(Number(value.toFixed(4))).split(".");
  return /e/.test(decimals) ? 0 : decimals.length;
}

function formatNumber(value, decimals = 0) {
  const size = Math.abs(value);
  // Thousands are separated from 10,000 on, so that years read as years.
  if (Number.isInteger(value) && !decimals) return value.toLocaleString("en", { useGrouping: size >= 10000 }).replace("-", "−");
  if (size >= 1e15 || (size < 1e-4 && size > 0)) return value.toPrecision(4).replace("-", "−");
  return value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: 4, useGrouping: size >= 10000 }).replace("-", "−");
}

/** Return a table. Columns have a label, a cell made from a row, and whether they hold numbers. */
export function grid(label, columns, rows, { tall = false, kind = "" } = {}) {
  const head = columns.map((column) => el("th", { scope: "col", class: column.numeric ? "n" : null }, column.label));
  const body = rows.map((row) => el("tr", {}, columns.map((column) => cell(column, row))));
  return el(
    "div", { class: ["scroll", tall && "tall", kind].filter(Boolean).join(" "), tabindex: "0", role: "region", "aria-label": label },
    el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, body)),
  );
}

function cell(column, row) {
  const value = column.cell(row);
  const text = value instanceof Node || Array.isArray(value) ? value : formatValue(value);
  const kinds = [column.numeric && "n", column.nowrap && "nowrap", (value === null || value === undefined) && "none"];
  return el("td", { class: kinds.filter(Boolean).join(" ") || null }, text);
}

/** Return rows of data as a table. */
export function dataGrid(label, names, rows) {
  const columns = names.map((name) => {
    const values = rows.map((row) => row[name]).filter((value) => value !== null && value !== undefined);
    const numeric = values.length > 0 && values.every(isNumber);
    // The same number of decimals in a column, so that the points are aligned.
    const decimals = numeric ? Math.max(...values.map(countDecimals)) : 0;
    const format = (value) => (decimals && typeof value === "number" ? formatNumber(value, decimals) : value);
    return { label: name, cell: (row) => format(row[name] ?? null), numeric };
  });
  return grid(label, columns, rows, { tall: rows.length > 15, kind: "data" });
}

function isNumber(value) {
  // A text of so many digits is an integer that is too large for a number of JavaScript.
  return typeof value === "number" || /^-?[0-9]{16,}$/.test(value) || ["NaN", "Infinity", "-Infinity"].includes(value);
}

/** Return names with their values, as a list of definitions; values of null are left out. */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "run" }, known.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** Return a note that there is nothing to show. */
export function empty(...text) {
  return el("p", { class: "empty" }, ...text);
}

/** Return what is wrong, as a paragraph. */
export function problem(error) {
  return el("p", { class: "problem", role: "alert" }, clean(error.message));
}

/** Return a section with a heading. */
export function card(title, ...children) {
  return el("section", { class: "card" }, el("h2", {}, title), ...children);
}

/** Return the head of a view. */
export function head(eyebrow, title, ...children) {
  return el("div", { class: "head" }, eyebrow && el("p", { class: "eyebrow" }, eyebrow), el("h1", { tabindex: "-1" }, title), ...children);
}
