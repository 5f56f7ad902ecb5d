// The page: navigation, sign-in, and the view of each address.
import { announce, append, el, link, show } from "./dom.js";
import { head, problem } from "./format.js";
import { showJob, showJobs } from "./jobs.js";
import { showModel, showModels } from "./models.js";
import { showQuarantine, showQuarantines } from "./quarantine.js";
import { get, post, Refused } from "./requests.js";
import { showRun } from "./run.js";
import { showRuns } from "./runs.js";
import { showTable, showTables } from "./tables.js";

// The view of a list, and that of one of its entries.
const VIEWS = {
  jobs: [showJobs, showJob], runs: [showRuns, showRun], tables: [showTables, showTable], models: [showModels, showModel],
  quarantine: [showQuarantines, showQuarantine],
};
const LABELS = { jobs: "Jobs", runs: "Runs", tables: "Tables", models: "Models", quarantine: "Quarantine" };
const main = document.getElementById("main");
let session = null;
let leaving = new AbortController();

/** Show the view of the present address. */
async function render({ isFirst = false } = {}) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const [address, search = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = address.split("/").filter(Boolean).map(decode);
  const [kind = "jobs", name] = parts;
  showBar(kind);
  const view = (VIEWS[kind] || [])[name === undefined ? 0 : 1];
  try {
    if (!view) throw new Error("This address shows nothing: choose from the navigation.");
    await view({
      main, name, session, signal, query: new URLSearchParams(search),
      onShown: (title) => finish(title, isFirst),
    });
  } catch (error) {
    if (signal.aborted || error.status === 401) return;
    show(main, head(LABELS[kind] || null, name || LABELS[kind] || "Not there"), problem(error));
    finish(name || LABELS[kind] || "Not there", isFirst);
  }
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Name the window, and let readers of the screen begin at the heading. */
function finish(title, isFirst) {
  document.title = [title, session.project, "sparkops"].join(" · ");
  announce(title);
  if (!isFirst) main.querySelector("h1")?.focus();
}

function showBar(kind) {
  const links = Object.entries(LABELS).map(([name, label]) =>
    link([name], label, { "aria-current": name === kind ? "page" : null }));
  const { caller } = session;
  const user = session.needs_token && el("div", { class: "user" },
    el("span", {}, caller.name, el("span", { class: "dim" }, ` ${caller.role}`)),
    el("button", { type: "button", class: "quiet", on: { click: signOut } }, "Sign out"));
  show(document.getElementById("bar"),
    el("a", { class: "brand", href: "#/jobs" }, session.project),
    el("nav", { "aria-label": "Views" }, links), user);
}

async function signOut() {
  await post("/page/session", {}, { method: "DELETE" });
  location.reload();
}

/** Ask for a token. */
function showSignIn() {
  leaving.abort();
  const input = el("input", { id: "token", type: "password", autocomplete: "current-password", "aria-describedby": "token-error token-help", required: true });
  const error = el("p", { class: "field-error", id: "token-error", role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    try {
      session = await post("/page/session", { token: input.value }, { signIn: false });
      await render();
    } catch (refused) {
      show(error, refused.message);
      input.setAttribute("aria-invalid", "true");
      input.focus();
    }
  };
  show(document.getElementById("bar"), el("span", { class: "brand" }, "sparkops"));
  show(main, head(null, "Sign in"), el("form", { class: "card narrow", on: { submit } },
    el("div", { class: "field" }, el("label", { for: "token" }, "Token"), input, error,
      el("p", { class: "help", id: "token-help" }, "`sparkops api token create` makes one.")),
    el("button", { type: "submit", class: "primary" }, "Sign in")));
  document.title = "Sign in · sparkops";
  input.focus();
}

/** Show the failure of a request that a button or an event made; one of a view that was left is of no interest. */
function showFailure(event) {
  const { reason } = event;
  if (reason instanceof Refused && reason.status !== 401) {
    main.querySelector(".failure")?.remove();
    main.prepend(el("div", { class: "failure" }, problem(reason)));
  }
  if (reason instanceof Refused || reason?.name === "AbortError") event.preventDefault();
}

async function start() {
  window.addEventListener("sign-in", showSignIn);
  window.addEventListener("unhandledrejection", showFailure);
  window.addEventListener("hashchange", () => session && render());
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  try {
    session = await get("/page/session");
  } catch (error) {
    if (error.status !== 401) append(main, [problem(error)]);
    return;
  }
  await render({ isFirst: true });
}

start();
