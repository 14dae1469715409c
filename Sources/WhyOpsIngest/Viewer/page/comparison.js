// Two versions of an agent beside each other: its prompt line by line, its tools by name.

import { h } from "/viewer/dom.js";
import { lineDiff } from "/viewer/line-diff.js";
import { line, nodes } from "/viewer/text.js";
import { plural } from "/viewer/format.js";

const AROUND = 3;
const SIGNS = { same: " ", in: "+", out: "−" };

export function comparison(before, after) {
  const prompt = lineDiff(textOf(before.systemPrompt), textOf(after.systemPrompt));
  const tools = toolChanges(before.tools ?? [], after.tools ?? []);
  const changed = tools.filter((each) => each.kind !== "same");
  const isSamePrompt = prompt.every((each) => each.kind === "same");
  const isSame = isSamePrompt && changed.length === 0;
  return h("div", { class: "comparison" },
    isSame ? h("p", { class: "banner" }, before.id === after.id ? "There is one version only: this is its definition." : "Prompt and tools are the same.") : null,
    h("section", {}, h("h2", {}, "System prompt", h("span", { class: `chip ${isSamePrompt ? "same" : "changed"}` }, isSamePrompt ? WORDS.same : WORDS.changed)), diff(prompt)),
    h("section", {}, h("h2", {}, "Tools"),
      tools.length === 0 ? h("p", { class: "quiet-text" }, "Neither version has tools.") : tools.map(tool)));
}

function textOf(value) {
  return typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value, null, 2);
}

function toolChanges(before, after) {
  const named = (tools) => new Map(tools.map((each, at) => [nameOf(each, at), each]));
  const old = named(before);
  const fresh = named(after);
  return [...new Set([...old.keys(), ...fresh.keys()])].sort().map((name) => {
    const lines = lineDiff(print(old.get(name)), print(fresh.get(name)));
    const kind = !old.has(name) ? "in" : !fresh.has(name) ? "out" : lines.every((each) => each.kind === "same") ? "same" : "changed";
    return { name, kind, lines };
  });
}

function nameOf(tool, at) {
  return String(tool?.name ?? tool?.function?.name ?? `tool ${at + 1}`);
}

/** Members by name, so that their order is no difference; a schema that is text is shown as what it holds. */
function print(tool) {
  return tool === undefined ? "" : JSON.stringify(sorted(tool), null, 2);
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value === "string" && /^\s*[{[]/.test(value)) {
    try {
      return sorted(JSON.parse(value));
    } catch {
      return value;
    }
  }
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
}

const WORDS = { in: "added", out: "removed", changed: "changed", same: "unchanged" };

function tool({ name, kind, lines }) {
  return h("details", { class: `tool-diff ${kind}`, open: kind !== "same" },
    h("summary", {}, h("b", {}, line(name, 80)), h("span", { class: `chip ${kind}` }, WORDS[kind])), diff(lines));
}

/** The lines with changes and a few around them. */
function diff(lines) {
  if (lines.length === 0) return h("p", { class: "quiet-text" }, "Empty.");
  const isNear = new Array(lines.length).fill(lines.every((each) => each.kind === "same"));
  lines.forEach((each, at) => {
    if (each.kind === "same") return;
    for (let near = Math.max(0, at - AROUND); near <= Math.min(lines.length - 1, at + AROUND); near += 1) isNear[near] = true;
  });
  const rows = [];
  for (let at = 0; at < lines.length; at += 1) {
    if (isNear[at]) {
      rows.push(row(lines[at]));
      continue;
    }
    let end = at;
    while (end < lines.length && !isNear[end]) end += 1;
    const skipped = lines.slice(at, end);
    const button = h("button", {
      class: "quiet diff-skip", type: "button", onclick: () => button.replaceWith(...skipped.map(row)),
    }, `${plural(skipped.length, "line")} unchanged`);
    rows.push(button);
    at = end - 1;
  }
  return h("div", { class: "diff", role: "group" }, rows);
}

function row({ kind, text }) {
  return h("div", { class: `diff-line ${kind}` }, h("span", { class: "diff-sign", "aria-label": kind === "same" ? "unchanged" : WORDS[kind] }, SIGNS[kind]),
    h("span", { class: "captured", dir: "auto" }, nodes(text)));
}
