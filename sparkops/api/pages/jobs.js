// The jobs, and the form of each.
import { announce, el, link, show } from "./dom.js";
import { makeField } from "./fields.js";
import { card, empty, facts, formatTime, head, pill } from "./format.js";
import { keepFocus, repeat } from "./live.js";
import { get, path, post } from "./requests.js";
import { runGrid } from "./runs.js";

/** Show all jobs with the newest run of each. */
export async function showJobs({ main, signal, onShown }) {
  const { jobs } = await get("/jobs", {}, signal);
  const list = el("ul", { class: "tiles" });
  const update = async () => {
    const { runs } = await get("/runs", { limit: 200 }, signal);
    keepFocus(list, () => show(list, jobs.map((job) => tile(job, runs.find((run) => run.job === job.name)))));
  };
  await update();
  show(main, head(null, "Jobs"), jobs.length ? list : empty("The project has no job. See jobs/ in its folder."));
  onShown("Jobs");
  await repeat(5, signal, update);
}

function tile(job, run) {
  return el("li", { class: "tile" },
    el("h2", {}, link(["jobs", job.name], job.name)),
    job.summary && el("p", { class: "summary" }, job.summary),
    el("p", { class: "flow" }, names(job.reads), el("span", { "aria-label": "to" }, " → "), names(job.writes)),
    el("p", { class: "newest" }, run
      ? [pill(run.state), " ", link(["runs", run.id], formatTime(run.started || run.accepted))]
      : el("span", { class: "dim" }, "no run yet")));
}

function names(tables) {
  return tables.length ? tables.join(", ") : "–";
}

/** Show a job with its form and its runs. */
export async function showJob({ main, name, query, session, signal, onShown }) {
  const job = await get(path("jobs", name), {}, signal);
  const from = query.get("from");
  const earlier = from ? await get(path("runs", from), {}, signal) : null;
  const runs = el("div", {});
  const update = async () => {
    const answer = await get("/runs", { job: name, limit: 10 }, signal);
    keepFocus(runs, () => show(runs, answer.runs.length ? runGrid(answer.runs, { hasJob: false }) : empty("No run yet.")));
  };
  await update();
  const canRun = session.caller.role !== "read";
  show(main,
    head("Job", job.name, job.summary && el("p", { class: "lead" }, job.summary), facts([
      ["reads", tableLinks(job.reads)], ["writes", tableLinks(job.writes)], ["stream", job.stream], ["every", job.every], ["context", job.context],
    ])),
    canRun ? card(earlier ? "Run again with changes" : "Run", makeForm(job, earlier)) : empty(`The token of ${session.caller.name} starts no runs.`),
    card("Newest runs", runs, el("p", { class: "note" }, el("a", { href: `#/runs?job=${encodeURIComponent(name)}` }, "All runs of this job"))));
  onShown(job.name);
  await repeat(3, signal, update);
}

function tableLinks(tables) {
  return tables.length ? tables.map((table, number) => [number ? ", " : "", link(["tables", table], table)]) : null;
}

/** Return the form that requests a run. */
function makeForm(job, earlier) {
  const { properties = {}, required = [] } = job.parameters;
  const fields = Object.entries(properties).map(([name, schema]) => makeField(name, schema, { required: required.includes(name) }));
  for (const field of fields) {
    if (earlier && field.name in (earlier.params || {}) && !isHidden(earlier, field.name)) field.write(earlier.params[field.name]);
  }
  const versions = job.reads.map((table) => makeField(table, { type: "integer", minimum: 0 }, { id: `at-${table}` }));
  const asOf = makeField("as of", { type: "string", format: "date-time" }, { id: "as-of" });
  const every = job.stream ? makeEvery(job, earlier) : null;
  const all = [...fields, every, ...versions, asOf].filter(Boolean);
  const summary = el("div", { class: "summary-of-problems", tabindex: "-1", hidden: true });
  const button = el("button", { type: "submit", class: "primary" }, "Start run");
  const form = el("form", { novalidate: true, class: "form" },
    summary, fields.map((field) => field.element),
    !fields.length && el("p", { class: "dim" }, "The job has no parameters."),
    every && every.element,
    el("details", {}, el("summary", {}, "Versions to read"), el("div", { class: "versions" },
      versions.map((field) => field.element), asOf.element,
      el("p", { class: "help" }, "Empty: the newest versions."))),
    el("div", { class: "actions" }, button));
  const key = makeKeys();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = toBody(fields, versions, asOf, every);
    button.disabled = true;
    explain(all, summary, []);
    try {
      const run = await post(`${path("jobs", job.name, "runs")}?fresh=true`, body, { headers: { "Idempotency-Key": key(body) } });
      location.hash = `#/runs/${encodeURIComponent(run.id)}`;
    } catch (refused) {
      explain(all, summary, refused.errors, refused.message);
    } finally {
      button.disabled = false;
    }
  });
  return form;
}

/** Return the field that says whether a stream goes on until it is stopped. */
function makeEvery(job, earlier) {
  const none = job.every ? `Empty: every ${job.every}, as the job says.` : "Empty: the run reads what is there, and ends.";
  const description = `Look for new rows of ${job.stream} in this interval, such as 10 seconds, until the run is stopped. ${none}`;
  const field = makeField("every", { type: "string", description }, { id: "every" });
  if (earlier && earlier.every) field.write(earlier.every);
  return field;
}

/** Return whether a run's record does not show a value, because it contains a secret. */
function isHidden(run, name) {
  return (run.record && run.record.hidden || []).includes(name);
}

/** Return the body of the request as JSON. */
function toBody(fields, versions, asOf, every) {
  const parts = [`"params":${toObject(fields)}`];
  const at = toObject(versions);
  if (at !== "{}") parts.push(`"at":${at}`);
  if (asOf.read() !== null) parts.push(`"as_of":${asOf.read()}`);
  if (every && every.read() !== null) parts.push(`"every":${every.read()}`);
  return `{${parts.join(",")}}`;
}

function toObject(fields) {
  const entries = fields.map((field) => [field.name, field.read()]).filter(([, json]) => json !== null);
  return `{${entries.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;
}

/** Return a function that gives the same request the same key: sent twice, it is one run. */
function makeKeys() {
  const keys = new Map();
  return (body) => {
    if (!keys.has(body)) keys.set(body, [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
    return keys.get(body);
  };
}

/** Show all problems: beside their fields, and above them with links to the fields. */
function explain(fields, summary, errors, message = "") {
  const named = new Map(fields.map((field) => [field.name, field]));
  for (const field of fields) field.explain(errors.filter((error) => error.parameter === field.name).map((error) => error.message).join(" "));
  summary.hidden = !message;
  if (!message) return;
  const items = errors.map((error) => el("li", {}, named.has(error.parameter) && named.get(error.parameter).focus
    ? el("a", { href: `#${named.get(error.parameter).id}`, on: { click: (event) => { event.preventDefault(); named.get(error.parameter).focus.focus(); } } }, error.message)
    : error.message));
  show(summary, el("p", { class: "title" }, items.length ? "The run was not started:" : message), items.length ? el("ul", {}, items) : null);
  announce(items.length ? `The run was not started: ${items.length} problems` : message);
  summary.focus();
}
