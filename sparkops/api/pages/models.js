// The models, and the versions of one.
import { el, link, show } from "./dom.js";
import { card, count, empty, formatTime, formatValue, grid, head, pill } from "./format.js";
import { get, path } from "./requests.js";

/** Show all models. */
export async function showModels({ main, signal, onShown }) {
  const { models } = await get("/models", {}, signal);
  show(main, head(null, "Models"), models.length ? el("section", { class: "card" }, grid("Models", [
    { label: "model", cell: (model) => link(["models", model.name], model.name) },
    { label: "newest version", numeric: true, cell: (model) => model.newest },
    { label: "versions", numeric: true, cell: (model) => model.versions },
    { label: "aliases", cell: (model) => Object.entries(model.aliases).map(([alias, version]) => `${alias}: version ${version}`).join(", ") || null },
  ], models)) : empty("No model is registered."));
  onShown("Models");
}

/** Show the versions of a model. */
export async function showModel({ main, name, signal, onShown }) {
  const { versions } = await get(path("models", name), {}, signal);
  show(main, head("Model", name), card("Versions", grid("Versions", [
    { label: "version", numeric: true, cell: (version) => version.version },
    { label: "aliases", cell: (version) => version.aliases.map((alias) => pill(alias, "good")) },
    { label: "gates", cell: (version) => version.gates.map(gate) },
    { label: "metrics", cell: (version) => Object.entries(version.metrics).map(([metric, value]) => `${metric} ${formatValue(value)}`).join(", ") || null },
    { label: "scored", cell: (version) => certificate(version) },
    { label: "read", cell: (version) => Object.entries(version.tables).map(([table, at]) => el("div", {}, link(["tables", table], `${table} ${formatValue(at)}`))) },
    { label: "registered", nowrap: true, cell: (version) => formatTime(version.time) },
    { label: "run", nowrap: true, cell: (version) => (version.run_id ? link(["runs", version.run_id], version.run_id) : null) },
  ], versions)));
  onShown(name);
}

function gate(result) {
  const champion = result.champion === null || result.champion === undefined ? "" : `, before ${formatValue(result.champion)}`;
  return el("div", {}, pill(result.passed ? "passed" : "failed", result.passed ? "good" : "bad"),
    ` ${result.metric} ${result.rule}: ${formatValue(result.value)}${champion}`);
}

function certificate({ certificate: { is_certified: isCertified, rows, scorer }, reasons }) {
  const text = isCertified ? `${scorer}, ${count(rows, "row")} equal to Spark's` : scorer;
  return [text, reasons && reasons.length > 0 && el("div", { class: "dim" }, reasons.join("; "))];
}
