// Requests to the service, and what it answers.

/** An answer that is no success, with the problems of parameters. */
export class Refused extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `The service answered with status ${status}.`);
    this.status = status;
    this.errors = body.errors || [];
  }
}

/** Return the path of a resource from its names. */
export function path(...names) {
  return `/${names.map(encodeURIComponent).join("/")}`;
}

/** Return the values of JSON; an integer with more digits than a number of JavaScript holds is a text. */
function parse(text) {
  return JSON.parse(text, (_, value, context) => {
    const isLarge = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
    return isLarge && context && /^-?[0-9]+$/.test(context.source) ? context.source : value;
  });
}

async function send(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", redirect: "error", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, { detail: "The service does not answer. Try again in a moment." });
  }
  if (!response.ok) {
    const body = await response.json().catch(() => ({}));
    if (response.status === 401 && options.signIn !== false) window.dispatchEvent(new Event("sign-in"));
    throw new Refused(response.status, body);
  }
  return response;
}

/** Return the JSON of a resource; a query value of null is left out. */
export async function get(url, query = {}, signal = undefined) {
  const known = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(known).toString();
  const response = await send(search ? `${url}?${search}` : url, { headers: { Accept: "application/json" }, signal });
  return parse(await response.text());
}

/** Return a resource as a file of another format. */
export async function getFile(url, type) {
  return (await send(url, { headers: { Accept: type } })).blob();
}

/** Send JSON, as a value or as its text, and return the JSON of the answer. */
export async function post(url, body = {}, { headers = {}, method = "POST", signIn = true } = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await send(url, {
    method, body: text, signIn,
    headers: { Accept: "application/json", "Content-Type": "application/json", ...headers },
  });
  return response.status === 204 ? null : response.json();
}
