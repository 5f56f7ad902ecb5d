// The field of a parameter, made from its JSON Schema. An empty field is not sent: then the default applies.
import { el } from "./dom.js";
import { formatValue } from "./format.js";

const INTEGER = /^[+-]?[0-9]+$/;
const NUMBER = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/;
// A date that is not complete: the service refuses it beside all other problems.
const INCOMPLETE = JSON.stringify("(not a complete date)");

/** Return the field of a parameter: its element, the control that has the focus, and `read` and `write` of its value. */
export function makeField(name, schema, { required = false, id = `param-${name}` } = {}) {
  const [inner, nullable] = unwrap(schema);
  const field = { name, id, isSecret: Boolean(inner.writeOnly) };
  if (field.isSecret) return { ...field, element: secretNote(name), read: () => null, write: () => {}, explain: () => {} };
  const ids = { help: `${id}-help`, error: `${id}-error` };
  const control = makeControl(id, inner, schema.default);
  const error = el("p", { class: "field-error", id: ids.error, hidden: true });
  control.focus.setAttribute("aria-describedby", `${ids.error} ${ids.help}`);
  if (required) control.focus.setAttribute("aria-required", "true");
  const label = control.isGroup
    ? el("legend", {}, name, requiredMark(required))
    : el("label", { for: id }, name, requiredMark(required));
  const help = el("div", { class: "help", id: ids.help }, helpLines(schema, inner, nullable, control));
  const parts = [label, schema.description && el("p", { class: "description" }, schema.description), control.element, error, help];
  const element = control.isGroup ? el("fieldset", { class: "field" }, parts) : el("div", { class: "field" }, parts);
  const explain = (message) => {
    error.hidden = !message;
    error.textContent = "";
    error.append(message || "");
    element.classList.toggle("has-error", Boolean(message));
    if (message) control.focus.setAttribute("aria-invalid", "true");
    else control.focus.removeAttribute("aria-invalid");
  };
  return { ...field, element, explain, focus: control.focus, read: control.read, write: control.write };
}

function unwrap(schema) {
  const members = schema.anyOf || [];
  if (!members.some((member) => member.type === "null")) return [schema, false];
  const others = members.filter((member) => member.type !== "null");
  return [others.length === 1 ? others[0] : { anyOf: others }, true];
}

function requiredMark(required) {
  return required && el("span", { class: "required" }, " required");
}

function secretNote(name) {
  const variable = el("code", {}, `SPARKOPS_SECRET_${name.toUpperCase()}`);
  return el("div", { class: "field" }, el("p", { class: "label" }, name), el("p", { class: "help" },
    "A secret, which no request contains: set ", variable, " where the service runs."));
}

function helpLines(schema, inner, nullable, { note, showsDefault }) {
  const lines = [note, ...limits(inner)];
  const hasDefault = "default" in schema && !showsDefault;
  if (hasDefault && schema.default !== null) lines.push(`default: ${formatDefault(schema.default)}`);
  else if (hasDefault && nullable) lines.push("empty: no value");
  return lines.filter(Boolean).join(" · ");
}

function formatDefault(value) {
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) return value.map(formatValue).join(", ") || "none";
  return value === "" || JSON.stringify(value) === "{}" ? "empty" : formatValue(value);
}

/** Return the limits of a value as texts. */
function limits(schema) {
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  const texts = [];
  if (minimum !== undefined && maximum !== undefined) texts.push(`${minimum} to ${maximum}`);
  else if (minimum !== undefined) texts.push(`at least ${minimum}`);
  else if (maximum !== undefined) texts.push(`at most ${maximum}`);
  if (above !== undefined) texts.push(`more than ${above}`);
  if (below !== undefined) texts.push(`less than ${below}`);
  if (schema.multipleOf !== undefined) texts.push(`a multiple of ${schema.multipleOf}`);
  if (schema.minLength > 1 || schema.maxLength !== undefined) texts.push(range(schema.minLength, schema.maxLength, "characters"));
  if (schema.minItems !== undefined || schema.maxItems !== undefined) texts.push(range(schema.minItems, schema.maxItems, "values"));
  if (schema.pattern !== undefined && !schema.pattern.startsWith("^[+-]?(")) texts.push(`as ${schema.pattern}`);
  return texts;
}

function range(least, most, noun) {
  if (least === most) return `${least} ${noun}`;
  if (most === undefined) return `at least ${least} ${noun}`;
  return least === undefined ? `at most ${most} ${noun}` : `${least} to ${most} ${noun}`;
}

function makeControl(id, schema, fallback) {
  if (schema.enum) return choice(id, schema.enum, fallback);
  if (schema.type === "boolean") return choice(id, [true, false], fallback);
  if (schema.type === "array" && schema.items && schema.items.enum) return checkboxes(id, schema.items.enum);
  if (schema.type === "array" && schema.items && isSimple(schema.items)) return lines(id, schema.items);
  if (schema.type === "array" || schema.type === "object") return json(id, schema);
  if (!schema.type && !schema.anyOf) return anyJson(id);
  return text(id, schema);
}

function isSimple(schema) {
  return ["integer", "number", "string"].includes(schema.type) && !schema.writeOnly;
}

/** A list of choices; the first one is none. */
function choice(id, values, fallback) {
  const first = fallback === undefined ? "choose" : `default: ${formatValue(fallback)}`;
  const options = values.map((value) => el("option", { value: JSON.stringify(value) }, formatValue(value)));
  const select = el("select", { id }, el("option", { value: "" }, first), options);
  // The values are JSON texts of ASCII, so that nothing in them is replaced.
  options.forEach((option, number) => { option.value = JSON.stringify(values[number]); });
  return {
    element: select, focus: select, showsDefault: true, read: () => select.value || null,
    write: (value) => { select.value = JSON.stringify(value); },
  };
}

/** A box for each of the values that a list may have. */
function checkboxes(id, values) {
  const boxes = values.map((value, number) => el("input", { type: "checkbox", id: `${id}-${number}` }));
  const labels = values.map((value, number) => el("label", { class: "choice", for: `${id}-${number}` }, boxes[number], formatValue(value)));
  const group = el("div", { class: "choices", id, role: "group" }, labels);
  const read = () => {
    const selected = values.filter((_, number) => boxes[number].checked);
    return selected.length ? JSON.stringify(selected) : null;
  };
  const write = (value) => boxes.forEach((box, number) => { box.checked = (value || []).includes(values[number]); });
  return { element: group, focus: boxes[0], isGroup: true, note: "any of these", read, write };
}

/** A list of texts or numbers, one on each line. */
function lines(id, item) {
  const area = el("textarea", { id, rows: "3", spellcheck: "false" });
  const read = () => {
    const texts = area.value.split("\n").map((line) => line.trim()).filter(Boolean);
    return texts.length ? `[${texts.map((line) => toJson(item, line)).join(",")}]` : null;
  };
  const write = (value) => { area.value = (value || []).map(toText).join("\n"); };
  const kind = item.format === "date" ? ", such as 2026-03-01" : "";
  return { element: area, focus: area, note: `one value on each line${kind}`, read, write };
}

/** A list or an object, as JSON. */
function json(id, schema) {
  const area = el("textarea", { id, rows: "3", spellcheck: "false", class: "code" });
  const example = schema.type === "object" ? '{"name": value}' : "[value, value]";
  const read = () => {
    if (!area.value.trim()) return null;
    // A text that is no JSON is sent as it is: the service says what it expects.
    return isJson(area.value) ? area.value : JSON.stringify(area.value);
  };
  const write = (value) => { area.value = value === null ? "" : JSON.stringify(value); };
  return { element: area, focus: area, note: `JSON: ${example}`, read, write };
}

/** Any value: JSON, or else a text. */
function anyJson(id) {
  const control = json(id, { type: "object" });
  return { ...control, note: "JSON; anything else is a text" };
}

function text(id, schema) {
  const isDate = schema.format === "date" && schema.type === "string";
  const mode = { integer: "numeric", number: "decimal" }[schema.type] || null;
  const bounds = isDate ? { min: schema.minimum, max: schema.maximum } : {};
  const input = el("input", { id, type: isDate ? "date" : "text", inputmode: mode, autocomplete: "off", spellcheck: "false", ...bounds });
  const notes = { "date-time": "such as 2026-03-01T12:00:00Z", duration: "such as PT30M or 1 12:00:00" };
  const read = () => {
    if (input.validity.badInput) return INCOMPLETE;
    return input.value === "" ? null : toJson(schema, input.value);
  };
  const write = (value) => { input.value = value === null ? "" : toText(value); };
  return { element: input, focus: input, note: notes[schema.format], read, write };
}

/** Return what was entered as JSON. A number is sent as it was written, with all its digits. */
function toJson(schema, entered) {
  const types = (schema.anyOf || [schema]).map((member) => member.type);
  const trimmed = entered.trim();
  if (types.includes("integer") && INTEGER.test(trimmed)) return toNumber(trimmed);
  if (types.includes("number") && NUMBER.test(trimmed)) return toNumber(trimmed);
  if (schema.anyOf && types.includes("boolean") && ["true", "false"].includes(trimmed)) return trimmed;
  if (schema.anyOf && !types.includes("string") && isJson(trimmed)) return trimmed;
  return JSON.stringify(entered);
}

/** Return a number as JSON writes it: without a plus sign and leading zeros, with digits around the point. */
function toNumber(written) {
  const [, sign, digits] = /^([+-]?)0*(.*)$/.exec(written);
  const [, whole, fraction, exponent] = /^([0-9]*)(\.[0-9]*)?([eE].*)?$/.exec(digits);
  return `${sign === "-" ? "-" : ""}${whole || "0"}${fraction && fraction !== "." ? fraction : ""}${exponent || ""}`;
}

function isJson(entered) {
  try {
    JSON.parse(entered);
    return true;
  } catch {
    return false;
  }
}

function toText(value) {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
