// The keys, in a window of their own.

import { h } from "/viewer/dom.js";
import { HELP } from "/viewer/keyboard.js";

export function showHelp() {
  if (document.querySelector("dialog.help")) return;
  const dialog = h("dialog", { class: "help", "aria-labelledby": "help-title", onclose: () => dialog.remove() },
    h("h2", { id: "help-title" }, "Keys"),
    h("dl", { class: "keys" }, HELP.map(([keys, says]) => h("div", {},
      h("dt", {}, keys.map((key) => h("kbd", {}, key))), h("dd", {}, says)))),
    h("p", { class: "quiet-text" }, "Marks such as ", h("span", { class: "mark" }, "ZWSP"),
      " stand for characters that have no shape. Point at one for its full name."),
    h("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Close"));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}
