// The log of a run as it is written.
import { clean, el, show } from "./dom.js";
import { ACTIVE } from "./format.js";
import { path } from "./requests.js";

// Characters of a log that are shown; older ones are removed.
const SHOWN = 1_000_000;
// Characters of an ended run's log that are loaded.
const LOADED = 20_000_000;

/** Follow the log until the run ends or the view is left; `onEnd` is called at the end of an active run. */
export function followLog(box, run, signal, onEnd) {
  const log = el("pre", { class: "log", tabindex: "0", role: "log", "aria-live": "off", "aria-label": "Log of the run" });
  const note = el("p", { class: "note" }, "Nothing is written yet.");
  const file = el("a", { href: `${path("runs", run.id, "log")}`, target: "_blank", rel: "noopener" }, "Open the log as text");
  show(box, log, note, el("p", { class: "note" }, file));
  log.hidden = true;
  const wasActive = ACTIVE.has(run.state);
  const sizes = { shown: 0, loaded: 0, isCut: false };
  const source = new EventSource(path("runs", run.id, "log"));
  signal.addEventListener("abort", () => source.close());
  source.addEventListener("message", (event) => {
    append(log, `${event.data}\n`, sizes);
    show(note, sizes.isCut ? "Only the end is shown." : "");
    if (!wasActive && sizes.loaded > LOADED) {
      source.close();
      show(note, "The log is long: only a part of it is shown.");
    }
  });
  source.addEventListener("end", () => {
    source.close();
    if (log.hidden) show(note, "The log is empty.");
    if (wasActive) onEnd();
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) show(note, "The log cannot be read now.");
  });
}

function append(log, text, sizes) {
  const isAtEnd = log.hidden || log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.hidden = false;
  log.append(clean(text));
  sizes.shown += text.length;
  sizes.loaded += text.length;
  while (sizes.shown > SHOWN && log.childNodes.length > 1) {
    sizes.shown -= log.firstChild.length;
    log.firstChild.remove();
    sizes.isCut = true;
  }
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}
