// Places of this page as `#/traces/ID?view=graph`, so that each can be kept and sent to someone.

/** The place in the address: `path` in parts, `query` as an object. */
export function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  return {
    path: path.split("/").filter(Boolean).map(decoded),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a place, to be a link. */
export function link(path, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, value);
  }
  const text = search.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

export function go(path, query) {
  location.hash = link(path, query);
}

/** Changes the query of the place without another step in the history. */
export function adjust(query) {
  const now = place();
  const next = link(now.path, { ...now.query, ...query });
  if (next !== location.hash) history.replaceState(null, "", next);
}
