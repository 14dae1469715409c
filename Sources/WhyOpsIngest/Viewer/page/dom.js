// Elements are built here and nowhere else: text becomes text nodes, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** Attributes that may be set; whatever could run code or load something is not among them. */
const ATTRIBUTES = new Set([
  "class", "id", "title", "type", "name", "value", "placeholder", "role", "tabindex", "dir", "lang", "for", "list",
  "autocomplete", "spellcheck", "maxlength", "rows", "colspan", "scope", "open", "disabled", "checked", "selected",
  "hidden", "href", "min", "max", "inputmode", "enterkeyhint",
]);

/**
 * An element. `props` are attributes, `aria-` and `data-` ones included, and `onclick` and the like as functions;
 * `children` are nodes, strings, or nothing.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else set(element, name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function set(element, name, value) {
  const isKnown = ATTRIBUTES.has(name) || name.startsWith("aria-") || name.startsWith("data-");
  if (!isKnown) throw new TypeError(`attribute ${name} is not allowed`);
  // Links stay inside the page.
  if (name === "href" && !value.startsWith("#")) throw new TypeError("links lead to places of this page");
  element.setAttribute(name, value);
}

export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child);
  }
  return element;
}

/** Replaces everything inside `element`. */
export function fill(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

/** A part of a drawing; the values are this page's own numbers and names, never what was captured. */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Calls `action` once, when the calls have ceased for `milliseconds`. */
export function debounce(milliseconds, action) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), milliseconds);
  };
}

/** Calls `action` at most once for each frame of the screen. */
export function perFrame(action) {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      action();
    });
  };
}
