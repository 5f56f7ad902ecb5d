// What changes while it is looked at.
import { append, el, show } from "./dom.js";

/** Wait, but not beyond the end of a view. */
export function sleep(seconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

/** Do something again and again while a view is shown and visible; a failure is tried again. */
export async function repeat(seconds, signal, step) {
  while (!signal.aborted) {
    await sleep(seconds, signal);
    if (signal.aborted || document.hidden) continue;
    try {
      await step();
    } catch (error) {
      if (error.status === 401) return;
    }
  }
}

/** Replace a part of the page; the link or button that has the focus has it afterwards, too. */
export function keepFocus(container, replace) {
  const active = container.contains(document.activeElement) ? document.activeElement : null;
  const key = active && (active.getAttribute("href") || active.textContent);
  replace();
  if (!active || active.isConnected) return;
  const same = [...container.querySelectorAll("a, button, input, select")];
  same.find((element) => (element.getAttribute("href") || element.textContent) === key)?.focus();
}

/** Return a button that asks once more before it acts. */
export function confirmButton(label, question, action, { danger = true } = {}) {
  const box = el("span", { class: "confirm" });
  const error = el("span", { class: "problem", role: "alert", hidden: true });
  const first = el("button", { type: "button", class: danger ? "danger" : "", on: { click: ask } }, label);
  function reset() {
    show(box, first, error);
  }
  function ask() {
    const yes = el("button", { type: "button", class: danger ? "danger" : "primary", on: { click: act } }, label);
    const no = el("button", { type: "button", class: "quiet", on: { click: () => { reset(); first.focus(); } } }, "No");
    show(box, el("span", { class: "question" }, question), yes, no);
    no.focus();
  }
  async function act() {
    reset();
    first.disabled = true;
    try {
      error.hidden = true;
      await action();
    } catch (refused) {
      show(error, refused.message);
      error.hidden = false;
      first.disabled = false;
      first.focus();
    }
  }
  append(box, [first, error]);
  return box;
}
