// Where one signs in: the key is tried before it is kept.

import { h, fill } from "/viewer/dom.js";
import { get } from "/viewer/api.js";
import { signIn } from "/viewer/session.js";
import { stitch } from "/viewer/icons.js";

/** A page that calls `onDone` when a key was accepted. */
export function signInPage({ reason, onDone }) {
  const field = h("input", {
    // No password field: a browser would offer to keep what is in it.
    class: "field secret", id: "key", type: "text", autocomplete: "off", spellcheck: "false", placeholder: "YOPS-…", maxlength: 256,
  });
  const note = h("p", { class: "form-note", role: "alert" }, reason || null);
  const button = h("button", { class: "button primary", type: "submit" }, "Sign in");
  const form = h("form", {
    class: "sign-in",
    onsubmit: async (event) => {
      event.preventDefault();
      const value = field.value.trim();
      if (value === "") return;
      if (/[^\x21-\x7e]/.test(value)) {
        fill(note, "A key has only visible ASCII characters.");
        return;
      }
      button.disabled = true;
      fill(note);
      try {
        await get(["threads"], { count: 1 }, { withKey: value });
        signIn(value);
        field.value = "";
        onDone();
      } catch (fault) {
        fill(note, fault.status === 401 ? "This key is not accepted." : fault.message);
        field.select();
      } finally {
        button.disabled = false;
      }
    },
  },
  h("div", { class: "brand large" }, stitch(44, 28), "WhyOps"),
  h("h1", {}, "See what your agents did"),
  h("label", { for: "key" }, "API key"), field, note, button,
  h("p", { class: "quiet-text" }, "The key stays in this tab and is forgotten when you close it. It is the one that clients send: WHYOPS_API_KEY, or one of ", h("code", {}, "whyops keys"), "."));
  return { element: h("main", { class: "sign-in-page" }, form), focus: () => field.focus(), close: () => {} };
}
