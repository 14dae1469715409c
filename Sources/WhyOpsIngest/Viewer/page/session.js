// The API key. It lives in this tab's session storage alone: not in the address, the document, cookies or on disk
// beyond what the browser keeps to restore a tab.

const NAME = "whyops.key";
const listeners = new Set();

export function key() {
  return sessionStorage.getItem(NAME);
}

export function signIn(value) {
  sessionStorage.setItem(NAME, value);
}

/** Forgets the key and tells everyone; `reason` is shown where one signs in. */
export function signOut(reason = "") {
  sessionStorage.removeItem(NAME);
  for (const listener of listeners) listener(reason);
}

export function onSignOut(listener) {
  listeners.add(listener);
}
