// Calls of the ingest interface. The key goes in a header, so never in an address, a log or a history.

import { key, signOut } from "/viewer/session.js";

/** An answer that is not what was asked for; `status` is 0 where there was no answer. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function headers(more = {}) {
  return { Authorization: `Bearer ${key() ?? ""}`, ...more };
}

/** A path under `/api` with its parameters; what is undefined, null or empty is left out. */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return `/api/${path.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

/** The text of an answer; throws `ApiError` for every other than a success. */
export async function getText(path, parameters, { signal, withKey } = {}) {
  // A thread may have the name that the stream of events has.
  const accepted = { Accept: "application/json, text/plain" };
  const head = withKey === undefined ? headers(accepted) : { Authorization: `Bearer ${withKey}`, ...accepted };
  let response;
  try {
    response = await fetch(address(path, parameters), {
      headers: head, signal, cache: "no-store", credentials: "omit", redirect: "error",
    });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new ApiError(0, "The service does not answer. Is it running?");
  }
  const text = await response.text();
  if (response.ok) return text;
  if (response.status === 401 && withKey === undefined) signOut("The key is no longer accepted. Sign in again.");
  throw new ApiError(response.status, messageOf(text) || `The service answered ${response.status}.`);
}

export async function get(path, parameters, options) {
  return JSON.parse(await getText(path, parameters, options));
}

function messageOf(text) {
  try {
    const body = JSON.parse(text);
    return [body.error, body.message].filter((part) => typeof part === "string").join(": ");
  } catch {
    return "";
  }
}

const missing = new Map();

/** Whether the service has a route: asked once, and anything but 404 is a yes. */
export function hasRoute(...path) {
  const name = path.join("/");
  if (!missing.has(name)) {
    const answer = get(path, { count: 1 }).then(() => true, (fault) => {
      if (fault.status !== 404) missing.delete(name);
      return fault.status !== 404;
    });
    missing.set(name, answer);
  }
  return missing.get(name);
}
