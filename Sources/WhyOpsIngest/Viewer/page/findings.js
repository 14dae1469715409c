// What the service finds wrong with a trace: a count in its head, a list to open, a mark at each event.

import { h, fill } from "/viewer/dom.js";
import { line } from "/viewer/text.js";
import { number } from "/viewer/format.js";
import { icon } from "/viewer/icons.js";

const SEVERITIES = ["critical", "high", "medium", "low"];
/** More than these nobody reads; the service and `whyops lint-trace` give them all. */
const MOST = 200;

/** The diamond of a severity. */
export function flag(severity, title) {
  const name = SEVERITIES.includes(severity) ? severity : "low";
  return h("span", { class: `flag ${name}`, title, role: title ? "img" : undefined, "aria-label": title, "aria-hidden": title ? undefined : "true" });
}

/** For each step the findings that are shown at its row. */
export function byStep(analysis) {
  const found = new Map();
  for (const finding of analysis?.findings ?? []) {
    // A low one is told once, where it begins: it may be about every reply.
    const steps = finding.severity === "low" ? [finding.stepId] : finding.evidence?.steps ?? [];
    for (const step of steps) {
      if (step === undefined) continue;
      const at = found.get(step);
      if (at) at.push(finding);
      else found.set(step, [finding]);
    }
  }
  return found;
}

/** The mark of a row: that of its worst finding, with what all of them say. */
export function rowFlag(findings) {
  if (!findings) return null;
  const words = findings.slice(0, 5).map((each) => each.message);
  if (findings.length > 5) words.push(`and ${findings.length - 5} more`);
  return flag(findings[0].severity, words.join("\n"));
}

export class FindingPanel {
  /** `onOpen` gets a step, `onToggle` whether the list is open. */
  constructor({ onOpen, onToggle }) {
    this.onOpen = onOpen;
    this.onToggle = onToggle;
    this.isOpen = false;
    this.analysis = null;
    this.element = h("section", { class: "findings", id: "findings", "aria-label": "Findings", hidden: true, onkeydown: (event) => this.key(event) });
  }

  show(analysis) {
    this.analysis = analysis;
    const held = this.element.contains(document.activeElement) ? document.activeElement.dataset.at : undefined;
    const list = analysis?.findings ?? [];
    this.element.hidden = !this.isOpen || list.length === 0;
    fill(this.element, h("ol", { class: "finding-list" }, list.slice(0, MOST).map((each, at) => h("li", {}, this.row(each, at)))), this.rest(list.length));
    if (held !== undefined) this.rows[Math.min(Number(held), this.rows.length - 1)]?.focus();
  }

  rest(count) {
    const all = this.analysis?.findingCount ?? count;
    const words = [];
    if (all > Math.min(count, MOST)) words.push(`${number(all - Math.min(count, MOST))} more, of lesser or equal weight.`);
    if (this.analysis?.isComplete === false) words.push(`Only the first ${number(this.analysis.eventCount)} events were looked at.`);
    return words.length > 0 ? h("p", { class: "quiet-text finding-rest" }, words.join(" ")) : null;
  }

  row(finding, at) {
    const count = finding.evidence?.count ?? 0;
    const where = finding.stepId === undefined ? "" : count > 1 ? `step ${finding.stepId} +${number(count - 1)}` : `step ${finding.stepId}`;
    return h("button", {
      class: `finding ${finding.severity}`, type: "button", "data-at": at, "data-code": finding.code, disabled: finding.stepId === undefined,
      onclick: () => this.onOpen(finding.stepId),
    },
    flag(finding.severity), h("span", { class: "finding-severity" }, finding.severity),
    h("span", { class: "finding-says" }, line(finding.message, 240)),
    h("code", { class: "finding-code" }, finding.code), h("span", { class: "finding-step" }, where));
  }

  get rows() {
    return [...this.element.querySelectorAll("button.finding")];
  }

  /** The button of the head: how many, and how bad the worst one is. */
  button() {
    if (!this.analysis) return null;
    const count = this.analysis.findingCount;
    if (count === 0) return h("span", { class: "finding-count none" }, "No findings");
    const said = SEVERITIES.filter((each) => this.analysis.severities?.[each] > 0).map((each) => `${number(this.analysis.severities[each])} ${each}`);
    return h("button", {
      class: "finding-count", type: "button", "aria-expanded": String(this.isOpen), "aria-controls": "findings", title: `${said.join(", ")} (f)`,
      onclick: () => this.toggle(),
    }, flag(this.analysis.findings[0]?.severity), `${number(count)} ${count === 1 ? "finding" : "findings"}`, icon(this.isOpen ? "up" : "down"));
  }

  toggle(isOpen = !this.isOpen) {
    this.isOpen = isOpen;
    this.element.hidden = !isOpen || (this.analysis?.findings ?? []).length === 0;
    this.onToggle(isOpen);
  }

  /** Opens the list and goes into it, or closes it. */
  enter() {
    if (this.isOpen && this.element.contains(document.activeElement)) {
      this.toggle(false);
      return;
    }
    if (!this.isOpen) this.toggle(true);
    this.rows[0]?.focus();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = this.rows;
    const at = rows.indexOf(document.activeElement);
    const ways = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: rows.length - 1 };
    if (event.key === "Escape") this.toggle(false);
    else if (event.key in ways && at >= 0) rows[Math.max(0, Math.min(rows.length - 1, ways[event.key]))]?.focus();
    else return;
    event.preventDefault();
  }
}
