// Elements made of text: data never becomes HTML, and controls neither the page nor its writing direction.

// C0 but tab and line feed, DEL and C1, marks and overrides of the writing direction, separators of lines.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]/g;
const LONE_SURROGATES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Return a text whose control characters are shown as symbols. */
export function clean(text) {
  return String(text).replace(LONE_SURROGATES, "\ufffd").replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : "\ufffd";
  });
}

/** Return an element. Options are attributes; `on` has listeners by event; children are elements, texts or null. */
export function el(tag, options = {}, ...children) {
  return fill(document.createElement(tag), options, children);
}

/** Return an element of a drawing. */
export function svg(tag, options = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), options, children);
}

function fill(element, options, children) {
  for (const [name, value] of Object.entries(options)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, clean(value));
    }
  }
  append(element, children);
  return element;
}

/** Append elements and texts, also in lists; null and false are left out. */
export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : clean(child));
  }
}

/** Replace the content of an element. */
export function show(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/** Say something to readers of the screen. */
export function announce(text) {
  document.getElementById("status").textContent = clean(text);
}

/** Return a link to a view of the page. */
export function link(path, text, options = {}) {
  return el("a", { href: `#/${path.map(encodeURIComponent).join("/")}`, ...options }, text);
}
