// One event in full: its facts, what it says, and the JSON as it is stored.

import { h, fill } from "/viewer/dom.js";
import { getText } from "/viewer/api.js";
import { parse, plain, print, strings } from "/viewer/json.js";
import { tree } from "/viewer/payload.js";
import { conversation } from "/viewer/conversation.js";
import { typeOf } from "/viewer/reading.js";
import { flag } from "/viewer/findings.js";
import { line, signature } from "/viewer/text.js";
import { survey } from "/viewer/invisible.js";
import { duration, moment, number } from "/viewer/format.js";
import { link } from "/viewer/router.js";
import { icon } from "/viewer/icons.js";

const isThere = ([, value]) => value !== undefined && value !== null && value !== "";

export class Inspector {
  /** `findingsAt` gives the findings of a step. */
  constructor({ onClose, onStep, findingsAt }) {
    this.findingsAt = findingsAt;
    this.onClose = onClose;
    this.onStep = onStep;
    this.tab = "reading";
    this.element = h("aside", { class: "inspector", "aria-label": "Event", hidden: true });
    this.request = null;
  }

  close() {
    this.request?.abort();
    this.element.hidden = true;
    this.element.replaceChildren();
    this.id = null;
  }

  /** Shows an event; `event` is what the list knows of it, and the rest is read. */
  async show(event) {
    if (this.id === event.id) return;
    this.id = event.id;
    this.request?.abort();
    this.request = new AbortController();
    this.element.hidden = false;
    const body = h("div", { class: "inspector-body" }, h("div", { class: "loading" }, "Reading the event"));
    fill(this.element, this.head(event), body);
    try {
      const text = await getText(["events", event.id], { include: "content,metadata" }, { signal: this.request.signal });
      this.stored = parse(text);
    } catch (fault) {
      if (fault.name === "AbortError") return;
      fill(body, h("div", { class: "failure", role: "alert" }, h("p", {}, fault.message),
        h("button", { class: "button", type: "button", onclick: () => { this.id = null; this.show(event); } }, "Try again")));
      return;
    }
    this.event = { ...event, ...plain(this.stored) };
    this.body = body;
    this.fill();
    body.scrollTop = 0;
  }

  head(event) {
    const type = typeOf(event);
    return h("header", { class: `inspector-head tone-${type.tone}` },
      h("div", { class: "inspector-title" },
        h("span", { class: "event-type" }, type.label),
        h("span", { class: "quiet-text" }, `step ${event.stepId}`),
        h("span", { class: "grow" }),
        h("button", { class: "icon-button", type: "button", title: "Event before (k)", "aria-label": "Event before", onclick: () => this.onStep(-1) }, icon("up")),
        h("button", { class: "icon-button", type: "button", title: "Event after (j)", "aria-label": "Event after", onclick: () => this.onStep(1) }, icon("down")),
        h("button", { class: "icon-button", type: "button", title: "Close (Esc)", "aria-label": "Close the event", onclick: () => this.onClose() }, icon("close"))));
  }

  fill() {
    const tabs = [["reading", "Reading"], ["content", "Content"], ["metadata", "Metadata"]];
    const content = this.stored.get("content");
    const metadata = this.stored.get("metadata");
    const pane = h("div", { class: "pane", role: "tabpanel" });
    this.foundBox = h("div", {}, this.found());
    if (this.tab === "reading") pane.append(...conversation(this.event));
    else {
      const value = this.tab === "content" ? content : metadata;
      if (value === undefined) pane.append(h("p", { class: "quiet-text" }, "This event has none."));
      else pane.append(this.copyButton(value), tree(value));
    }
    fill(this.body,
      this.foundBox,
      this.facts(),
      this.hidden([...strings(content), ...strings(metadata)]),
      h("div", { class: "tabs", role: "tablist" }, tabs.map(([name, label]) => h("button", {
        class: "tab", type: "button", role: "tab", "aria-selected": String(name === this.tab),
        onclick: () => { this.tab = name; this.fill(); },
      }, label))),
      pane);
  }

  /** Shows what has become known of the event's findings. */
  renewFindings() {
    if (this.id && this.foundBox?.isConnected) fill(this.foundBox, this.found());
  }

  found() {
    const findings = this.findingsAt(this.event.stepId);
    if (findings.length === 0) return null;
    return h("ul", { class: "event-findings", "aria-label": "Findings" }, findings.slice(0, 20).map((each) =>
      h("li", {}, flag(each.severity), h("span", {}, line(each.message, 240)))));
  }

  copyButton(value) {
    const button = h("button", {
      class: "button small copy", type: "button",
      onclick: async () => {
        try {
          await navigator.clipboard.writeText(print(value));
          button.textContent = "Copied";
        } catch {
          button.textContent = "The browser does not allow it";
        }
      },
    }, "Copy");
    return button;
  }

  facts() {
    const event = this.event;
    const usage = event.metadata?.usage;
    const stitch = event.metadata?.stitch;
    const facts = [
      ["Time", moment(event.timestamp)],
      ["After the start", typeof event.timeSinceStart === "number" ? duration(event.timeSinceStart) : ""],
      ["Model", event.model ?? event.metadata?.model],
      ["Provider", event.metadata?.provider],
      ["Tool", event.metadata?.tool],
      ["Latency", typeof event.latencyMs === "number" ? duration(event.latencyMs) : ""],
      ["Tokens in", number(event.promptTokens ?? undefined)],
      ["Tokens out", number(event.completionTokens ?? undefined)],
      ["From the cache", number(event.cacheReadTokens ?? undefined)],
      ["Into the cache", number(event.cacheWriteTokens ?? usage?.cacheCreationTokens ?? undefined)],
      ["Ended by", event.finishReason ?? event.content?.finishReason],
      ["Stitched by", stitch?.source],
      ["Agent", event.agentName],
      ["User", event.externalUserId],
      ["Follows step", event.parentStepId],
    ].filter(isThere);
    const ids = [["Event", event.id], ["Span", event.spanId], ["Agent version", event.agentVersionId], ["Idempotency key", event.idempotencyKey]].filter(isThere);
    const links = Array.isArray(stitch?.links) ? stitch.links.filter((each) => typeof each === "string") : [];
    const term = ([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, line(String(value), 200)));
    return h("dl", { class: "facts" }, facts.map(term),
      h("details", { class: "wide ids" }, h("summary", {}, "Ids"), ids.map(term)),
      links.length > 0 ? h("div", { class: "wide" }, h("dt", {}, "Also names"), h("dd", {}, links.map((each) =>
        h("a", { href: link(["traces", each]) }, line(each, 80))))) : null);
  }

  /** What the payload holds that nobody would see. */
  hidden(texts) {
    const found = survey(texts);
    if (found.signatures.length + found.hidden.length + found.marks.size === 0) return null;
    const isSuspicious = found.hidden.length > 0;
    return h("section", { class: `unseen${isSuspicious ? " warns" : ""}` },
      h("h3", {}, "Invisible in this event"),
      h("ul", {},
        found.signatures.slice(0, 20).map((part) => h("li", {}, signature(part))),
        found.hidden.slice(0, 20).map((part) => h("li", {}, h("b", {}, part.name), h("span", { class: "captured" }, `: ${part.says.slice(0, 300)}`))),
        [...found.marks].slice(0, 40).map(([name, { short, count }]) =>
          h("li", {}, h("span", { class: "mark" }, short), ` ${name}${count > 1 ? `, ${number(count)} times` : ""}`))));
  }
}
