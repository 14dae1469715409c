// Captured text on the page: every script as it is, and what cannot be seen as a mark with its name.

import { h } from "/viewer/dom.js";
import { link } from "/viewer/router.js";
import { parts } from "/viewer/invisible.js";
import { brief, number } from "/viewer/format.js";

const LIMIT = 20000;

/** Joiners shape the letters beside them, so they also stay in the text; direction marks must not act. */
const SHAPING = new Set(["\u200C", "\u200D", "\uFE0E", "\uFE0F"]);

/** A text on one line, cut after `length` scalars. */
export function line(text, length = 160) {
  const flat = text.slice(0, length * 4).replace(/\s*\n\s*/g, " ");
  const cut = Array.from(flat).slice(0, length).join("");
  return h("bdi", { class: "captured", dir: "auto" }, nodes(cut), flat.length > cut.length ? "…" : null);
}

/** A text as it was captured, its lines kept; a long one is shown in steps. */
export function block(text, props = {}) {
  const box = h("div", { ...props, class: `captured block ${props.class ?? ""}`, dir: "auto" });
  let shown = 0;
  const more = h("button", { class: "quiet more", type: "button", onclick: () => extend() });
  const extend = () => {
    more.remove();
    let end = Math.min(text.length, shown + (shown === 0 ? LIMIT : LIMIT * 10));
    // Never between the halves of a character.
    if (end < text.length && /[\uDC00-\uDFFF]/.test(text[end])) end += 1;
    box.append(...nodes(text.slice(shown, end)));
    shown = end;
    if (shown < text.length) {
      more.textContent = `Show more: ${number(text.length - shown)} characters are left`;
      box.append(more);
    }
  };
  extend();
  return box;
}

/** The nodes of a text, with marks. */
export function nodes(text) {
  return parts(text).map(nodeOf);
}

function nodeOf(part) {
  switch (part.kind) {
    case "text":
      return document.createTextNode(part.value);
    case "emoji":
      return h("span", { class: "joined", title: part.name }, part.value);
    case "mark": {
      const kept = SHAPING.has(part.value) ? part.value : "";
      const isSpace = /[\t\u00A0\u2000-\u200A\u202F\u205F\u3000]/.test(part.value);
      const mark = h("span", { class: isSpace ? "mark space" : "mark", title: part.name }, part.short);
      const nodes = document.createDocumentFragment();
      nodes.append(kept, mark, part.value === "\t" ? "\t" : "");
      return nodes;
    }
    case "hidden":
      return h("span", { class: "mark hidden-text", title: `${part.name}, not shown by most programs` },
        h("b", {}, "hidden text "), part.says);
    default:
      return signature(part);
  }
}

/** Whose trace a signature names. */
export function signature(part) {
  const trace = part.traceId;
  const words = part.isBare ? "signature without its U+2060" : "signature";
  const title = part.version === 2
    ? `Invisible signature, version 2, key ${part.keyId}, ${Array.from(part.value).length} characters; the tag is not checked here`
    : `Invisible signature, version ${part.version}, ${Array.from(part.value).length} characters`;
  if (trace === null) return h("span", { class: "mark sign", title }, `${words} of a later version`);
  return h("a", { class: "mark sign", title: `${title}\n${trace}`, href: link(["traces", trace]) },
    `${words} of trace `, h("b", {}, brief(trace, 8)));
}
