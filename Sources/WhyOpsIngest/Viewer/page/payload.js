// A JSON value as a tree that opens where one looks.

import { h } from "/viewer/dom.js";
import { Members, Numeral } from "/viewer/json.js";
import { block, nodes } from "/viewer/text.js";
import { plural } from "/viewer/format.js";

const PAGE = 100;
const OPEN_DEPTH = 3;
const INLINE = 80;

/** The tree of a value that `json.parse` gave. */
export function tree(value) {
  return h("div", { class: "json", role: "group" }, node(value, 0));
}

function node(value, depth) {
  if (value instanceof Members) return branch(value.pairs, "{", "}", "member", depth, ([name, member]) => [name, member]);
  if (Array.isArray(value)) return branch(value, "[", "]", "item", depth, (item, at) => [at, item]);
  if (typeof value === "string") return string(value);
  if (value instanceof Numeral) return h("span", { class: "json-number" }, value.text);
  return h("span", { class: "json-word" }, String(value));
}

function string(value) {
  if (value.length <= INLINE && !value.includes("\n")) {
    return h("bdi", { class: "json-string captured", dir: "auto" }, nodes(value));
  }
  return block(value, { class: "json-string json-long" });
}

function branch(entries, open, close, word, depth, read) {
  if (entries.length === 0) return h("span", { class: "json-word" }, open + close);
  const box = h("details", { class: "json-branch", open: depth < OPEN_DEPTH && entries.length <= PAGE });
  const list = h("div", { class: "json-list" });
  box.append(h("summary", {}, h("span", { class: "json-size" }, `${open} ${plural(entries.length, word)} ${close}`)), list);
  let shown = 0;
  const more = h("button", { class: "quiet more", type: "button", onclick: () => extend() });
  const extend = () => {
    more.remove();
    const end = Math.min(entries.length, shown + PAGE);
    for (; shown < end; shown += 1) {
      const [name, value] = read(entries[shown], shown);
      list.append(entry(name, value, depth + 1));
    }
    if (shown < entries.length) {
      more.textContent = `Show more: ${plural(entries.length - shown, word)} left`;
      list.append(more);
    }
  };
  const begin = () => {
    if (box.open && shown === 0) extend();
  };
  box.addEventListener("toggle", begin);
  begin();
  return box;
}

function entry(name, value, depth) {
  const label = typeof name === "number"
    ? h("span", { class: "json-index" }, String(name))
    : h("bdi", { class: "json-name captured", dir: "auto" }, name === "" ? "\"\"" : nodes(name));
  return h("div", { class: "json-entry" }, label, h("div", { class: "json-value" }, node(value, depth)));
}
