// The graph: a card for each span, edges from what it follows. Only what is in sight is in the document.

import { h, draw, perFrame } from "/viewer/dom.js";
import { compact, duration, plural } from "/viewer/format.js";
import { line } from "/viewer/text.js";
import { summary } from "/viewer/reading.js";
import { arrange, spans } from "/viewer/span-model.js";

const CARD = { width: 216, height: 68 };
const STEP = { x: 244, y: 104 };
const MARGIN = 24;
const KINDS = { model: "Model", tool: "Tool", user: "User", embedding: "Embedding", error: "Error", other: "Event" };

export class Graph {
  /** `onSelect` gets the place of the first event of the span that was chosen. */
  constructor({ data, onSelect }) {
    this.data = data;
    this.onSelect = onSelect;
    this.selected = -1;
    this.edges = draw("svg", { class: "edges", "aria-hidden": "true" });
    this.body = h("div", { class: "graph-body" }, this.edges);
    this.element = h("div", { class: "graph scroller", role: "group", "aria-label": "Graph of spans", tabindex: 0 }, this.body);
    this.cards = new Map();
    this.update = perFrame(() => this.render());
    // One function, so that many cards that wait for the same contents are told once.
    this.refresh = perFrame(() => {
      this.clear();
      this.render();
    });
    this.element.addEventListener("scroll", this.update, { passive: true });
    this.observer = new ResizeObserver(this.update);
    this.observer.observe(this.element);
  }

  close() {
    this.observer.disconnect();
  }

  show(shape) {
    this.shape = shape;
    this.all = spans(this.data.events, shape);
    const { layers, columns } = arrange(this.all);
    this.byLayer = Array.from({ length: layers }, () => []);
    this.links = [];
    for (const span of this.all) {
      this.byLayer[span.layer].push(span);
      for (const before of span.parents) this.links.push({ from: before, to: span, kind: "next" });
      for (const before of span.joins) this.links.push({ from: before, to: span, kind: "join" });
    }
    this.spanOf = new Map(this.all.flatMap((span) => span.at.map((at) => [at, span])));
    this.width = columns * STEP.x - (STEP.x - CARD.width) + 2 * MARGIN;
    this.height = layers * STEP.y + 2 * MARGIN;
    this.body.style.width = `${this.width}px`;
    this.body.style.height = `${this.height}px`;
    this.clear();
    this.render();
  }

  clear() {
    for (const card of this.cards.values()) card.remove();
    this.cards.clear();
  }

  select(at) {
    this.selected = at;
    const span = this.spanOf?.get(at);
    if (span) {
      const { x, y } = this.placeOf(span);
      const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.element;
      if (y < scrollTop + 20 || y + CARD.height > scrollTop + clientHeight - 20) this.element.scrollTop = y - clientHeight / 3;
      if (x < scrollLeft || x + CARD.width > scrollLeft + clientWidth) this.element.scrollLeft = x - MARGIN;
    }
    this.clear();
    this.render();
  }

  /** The place of the event that begins the span after or before the selected one. */
  neighbour(at, way) {
    const span = this.spanOf.get(at);
    const next = this.all[this.all.indexOf(span) + way];
    return next ? next.at[0] : at;
  }

  placeOf(span) {
    return { x: this.inset + span.column * STEP.x, y: MARGIN + span.layer * STEP.y };
  }

  /** A narrow graph stands in the middle. */
  get inset() {
    return MARGIN + Math.max(0, (this.element.clientWidth - this.width) / 2);
  }

  render() {
    if (!this.byLayer) return;
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.element;
    if (this.renderedWidth !== clientWidth) this.clear();
    this.renderedWidth = clientWidth;
    const first = Math.max(0, Math.floor((scrollTop - MARGIN) / STEP.y) - 2);
    const last = Math.min(this.byLayer.length - 1, Math.ceil((scrollTop + clientHeight) / STEP.y) + 2);
    const left = Math.floor((scrollLeft - this.inset) / STEP.x) - 2;
    const right = Math.ceil((scrollLeft + clientWidth - this.inset) / STEP.x) + 2;
    for (const [span, card] of this.cards) {
      if (span.layer < first || span.layer > last || span.column < left || span.column > right) {
        card.remove();
        this.cards.delete(span);
      }
    }
    for (let layer = first; layer <= last; layer += 1) {
      for (const span of this.byLayer[layer]) {
        if (this.cards.has(span) || span.column < left || span.column > right) continue;
        const card = this.card(span);
        this.cards.set(span, card);
        this.body.append(card);
      }
    }
    this.drawEdges(first, last);
  }

  drawEdges(first, last) {
    this.edges.setAttribute("width", Math.max(this.width, this.element.clientWidth));
    this.edges.setAttribute("height", this.height);
    const paths = this.links.filter(({ from, to }) => from.layer <= last && to.layer >= first).map(({ from, to, kind }) => {
      const start = this.placeOf(from);
      const end = this.placeOf(to);
      const x1 = start.x + 28;
      const x2 = end.x + 28;
      const y1 = start.y + CARD.height;
      const bend = Math.min(40, (end.y - y1) / 2);
      // A long way runs straight down and bends at its end.
      const d = `M${x1} ${y1}V${end.y - 2 * bend}C${x1} ${end.y - bend} ${x2} ${end.y - bend} ${x2} ${end.y}`;
      return draw("path", { d, class: `edge ${kind}`, fill: "none" });
    });
    this.edges.replaceChildren(...paths);
  }

  card(span) {
    const events = span.at.map((at) => this.data.events[at]);
    const rich = span.at.map((at) => this.data.withContent(at, this.refresh) ?? this.data.events[at]);
    const isRead = rich.every((event) => "metadata" in event || "content" in event);
    const isBad = events.some((event) => event.eventType === "error");
    const tokens = events.reduce((sum, event) => sum + (event.promptTokens ?? 0) + (event.completionTokens ?? 0), 0);
    const took = events.at(-1).timeSinceStart - events[0].timeSinceStart;
    const latency = events.reduce((sum, event) => sum + (event.latencyMs ?? 0), 0);
    const card = h("button", {
      class: `card tone-${isBad ? "error" : span.kind}${span.at.includes(this.selected) ? " selected" : ""}`, type: "button",
      "data-span": span.id, "data-step": events[0].stepId, onclick: () => this.onSelect(span.at[0]),
    },
    h("span", { class: "card-head" },
      h("b", {}, this.titleOf(span, rich)),
      h("span", { class: "card-step" }, span.at.length > 1 ? `${events[0].stepId}–${events.at(-1).stepId}` : `${events[0].stepId}`)),
    h("span", { class: "card-said" }, isRead ? this.saidOf(rich) : h("span", { class: "ghost" })),
    h("span", { class: "card-figures" },
      isBad ? h("span", { class: "bad" }, "error") : null,
      took > 0 || latency > 0 ? h("span", {}, duration(Math.max(took, latency))) : null,
      tokens > 0 ? h("span", {}, `${compact(tokens)} tokens`) : null,
      events.some((event) => event.eventType === "llm_thinking") ? h("span", {}, "thinking") : null,
      span.kind !== "tool" && span.at.length > 1 ? h("span", {}, plural(span.at.length, "event")) : null));
    const { x, y } = this.placeOf(span);
    card.style.transform = `translate(${x}px, ${y}px)`;
    return card;
  }

  titleOf(span, events) {
    if (span.kind === "tool") {
      const name = events.map((event) => event.metadata?.tool ?? "").find(Boolean);
      return name ? line(String(name), 28) : KINDS.tool;
    }
    const model = events.map((event) => event.model).find(Boolean);
    return model ? line(model, 28) : KINDS[span.kind] ?? KINDS.other;
  }

  saidOf(events) {
    for (const event of events) {
      const said = summary(event);
      if (said.text) return line(said.text, 60);
      if (said.calls.length > 0) return line(said.calls.join(", "), 60);
    }
    return "";
  }
}
