// The figures of a run that reads a stream.
import { el, link } from "./dom.js";
import { formatDuration, formatTime } from "./format.js";

/** Return whether a run goes on until it is stopped. */
export function goesOn(run) {
  return Boolean(run.every);
}

/** Return the figures of a run; null of one that reads no stream. */
export function streamFigures(run) {
  const { stream } = run;
  if (!stream) return null;
  const { last_batch: batch, last_commit: commit, lag } = stream;
  return el("section", { "aria-label": "Stream" }, el("dl", { class: "numbers" },
    figure("rows per second", formatRate(stream.rows_per_second), "in the last batch"),
    figure("rows", formatCount(stream.rows), stream.held ? `${formatCount(stream.held)} in quarantine` : null),
    figure("batches", formatCount(stream.batches), batch ? `batch ${formatCount(batch.number)} had ${formatCount(batch.rows)} rows` : "none yet"),
    figure("lag", formatLag(lag), describeUnread(lag)),
    figure("last commit", commit && commit.table ? link(["tables", commit.table], `${commit.table}@${commit.version}`) : "–", commit && commit.time ? formatTime(commit.time) : null)));
}

function figure(name, value, note) {
  return el("div", { class: "number" }, el("dt", {}, name), el("dd", {},
    el("span", { class: "value long" }, value), note && el("span", { class: "note dim" }, note)));
}

function formatCount(number) {
  return Number(number).toLocaleString("en");
}

function formatRate(rate) {
  return rate === null || rate === undefined ? "–" : formatCount(Number(rate.toFixed(rate < 10 ? 1 : 0)));
}

function formatLag({ seconds }) {
  return seconds === null ? "–" : formatDuration(0, seconds * 1000);
}

/** Return what is not read yet, as far as it is known. */
function describeUnread({ versions, files, bytes }) {
  const parts = [[versions, "versions"], [files, "files"], [bytes, "bytes"]].filter(([number]) => number !== undefined);
  const unread = parts.map(([number, noun]) => `${formatCount(number)} ${noun}`).join(", ");
  return unread ? `since the last batch; ${unread} to read` : "since the last batch";
}
