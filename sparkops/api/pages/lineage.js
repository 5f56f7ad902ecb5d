// The picture of what led to a run, as on the pages of reports.
import { el, svg } from "./dom.js";
import { card } from "./format.js";
import { get, path } from "./requests.js";

const KINDS = { run: "run of a job", table: "version of a table", source: "files", model: "version of a model" };

/** Return the picture of a run's lineage; null if nothing is recorded. */
export async function lineage(run, signal) {
  const { picture } = await get(path("runs", run.id, "lineage"), {}, signal);
  if (!picture) return null;
  const { width, height } = picture;
  const drawing = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "The runs, tables and models that led to this run; the same follows as text." },
    picture.curves.map((curve) => svg("path", { d: curve })), picture.boxes.map((box) => drawBox(box, picture.box_width)));
  return card("Lineage",
    el("div", { class: "lineage", tabindex: "0", role: "region", "aria-label": "Lineage" }, drawing),
    el("ul", { class: "legend" }, Object.entries(KINDS).map(([kind, text]) => el("li", {}, el("i", { class: `is-${kind}` }), text))),
    el("details", {}, el("summary", {}, "Lineage as text"), el("ul", {}, picture.sentences.map((sentence) => el("li", {}, sentence)))));
}

function drawBox(box, width) {
  const { x, y, height } = box;
  return svg("g", { class: `is-${box.kind}` }, svg("title", {}, box.text),
    svg("rect", { x, y, width, height, rx: 8 }),
    svg("rect", { class: "mark", x, y: y + 8, width: 4, height: height - 16 }),
    svg("text", { class: "name", x: x + 14, y: y + 23 }, box.title),
    box.lines.map(([line, text, tone]) => svg("text", { class: tone || null, x: x + 14, y: line }, text)));
}
