// The timeline: every event on a line of its own, its branch at the left and its time at the right.

import { h, draw, debounce, perFrame } from "/viewer/dom.js";
import { compact, duration, moment } from "/viewer/format.js";
import { line } from "/viewer/text.js";
import { summary, typeOf } from "/viewer/reading.js";
import { byStep, rowFlag } from "/viewer/findings.js";
import { stretch, timescale } from "/viewer/timescale.js";
import { reach } from "/viewer/trace-model.js";
import { VirtualList } from "/viewer/virtual.js";

const HEIGHT = 40;
const LANE = 14;
/** From the edge to the first lane, and from the last one to the text. */
const EDGE = 20;
const MOST_LANES = 8;
/** Of how many events on the scale is that of what is in sight. */
const LONG = 150;
const STITCHED = { "signature.v2": "signature", "signature.v1": "signature v1", new: "new trace" };

export class Timeline {
  /** `onSelect` gets the place of the event that was chosen. */
  constructor({ data, onSelect }) {
    this.data = data;
    this.onSelect = onSelect;
    this.selected = -1;
    this.axis = h("div", { class: "axis", "aria-hidden": "true" });
    this.scroller = h("div", { class: "timeline scroller", "data-covered": 28 });
    this.list = new VirtualList({
      scroller: this.scroller, height: HEIGHT, count: () => this.data.events.length, row: (at) => this.row(at),
      onScroll: debounce(120, () => this.rescale()),
    });
    this.list.body.setAttribute("role", "listbox");
    this.list.body.setAttribute("aria-label", "Events");
    this.scroller.append(this.axis, this.list.body);
    this.element = this.scroller;
    // One function, so that many rows that wait for the same contents are told once.
    this.refresh = perFrame(() => this.list.reset());
  }

  close() {
    this.list.close();
  }

  show(shape) {
    this.shape = shape;
    this.stretches = this.data.events.map((event, at) => stretch(event, this.data.events, shape, at));
    this.lanes = Math.min(shape.lanes, MOST_LANES);
    this.found = byStep(this.data.analysis);
    this.scroller.style.setProperty("--lanes", `${this.lanes * LANE + 2 * EDGE - LANE}px`);
    this.range = null;
    this.rescale();
  }

  /** Fits the scale to the trace, or of a long one to the events in sight: else a call would be too thin to see. */
  rescale() {
    const [first, last] = this.stretches.length > LONG ? this.list.inSight : [0, this.stretches.length - 1];
    if (this.range && this.range[0] === first && this.range[1] === last) return;
    this.range = [first, last];
    this.scale = timescale(this.stretches.slice(first, last + 1));
    const isFolded = this.scale.folds.length > 0;
    const shares = this.data.head.duration > 0 ? [0, 0.25, 0.5, 0.75, 1] : [];
    this.axis.replaceChildren(h("span", { class: "axis-lead" }, isFolded ? "Long waits are folded" : ""), h("div", { class: "axis-track" },
      shares.map((share) => {
        const tick = h("span", { class: `tick${share === 1 ? " end" : ""}` }, duration(this.scale.time(share)));
        tick.style.left = `${share * 100}%`;
        return tick;
      })));
    this.list.reset();
  }

  select(at) {
    const old = this.selected;
    this.selected = at;
    this.list.renew(old);
    if (at >= 0) {
      this.list.reveal(at);
      this.list.renew(at);
    }
  }

  row(at) {
    const skeleton = this.data.events[at];
    const event = this.data.withContent(at, this.refresh) ?? skeleton;
    const type = typeOf(event);
    const isRead = "content" in event || "metadata" in event;
    const said = isRead ? summary(event) : null;
    const row = h("button", {
      class: `event tone-${type.tone}${at === this.selected ? " selected" : ""}`, type: "button", role: "option",
      "aria-selected": String(at === this.selected), "data-step": event.stepId, tabindex: at === this.selected ? 0 : -1,
      onclick: () => this.onSelect(at),
    },
    this.lanesOf(at),
    rowFlag(this.found.get(event.stepId)),
    h("span", { class: "event-type" }, type.label),
    h("span", { class: "event-said" },
      said === null ? h("span", { class: "ghost" }) : this.words(event, said)),
    h("span", { class: "event-figures" }, this.figures(event)),
    this.bar(at, type));
    return row;
  }

  words(event, said) {
    const source = event.metadata?.stitch?.source;
    const words = [];
    const tool = event.metadata?.tool ?? said.name;
    if (tool) words.push(h("b", { class: "tool-name" }, line(String(tool), 40)));
    if (said.text) words.push(line(said.text));
    for (const name of said.calls.slice(0, 4)) {
      if (name !== tool) words.push(h("span", { class: "chip call" }, line(name, 30)));
    }
    if (said.calls.length > 4) words.push(h("span", { class: "chip" }, `+${said.calls.length - 4}`));
    if (said.note) words.push(h("span", { class: "chip note" }, line(String(said.note), 30)));
    const isFirst = event.eventType === "user_message" || event.eventType === "tool_result";
    if (source && isFirst) {
      words.push(h("span", { class: "chip stitch", title: "What told which trace this call belongs to" },
        line(STITCHED[source] ?? String(source), 30)));
    }
    if (event.isLateEvent) words.push(h("span", { class: "chip note", title: "An event of a later step has an earlier time stamp" }, "late"));
    return words;
  }

  figures(event) {
    const figures = [];
    if (typeof event.cacheReadTokens === "number" && event.cacheReadTokens > 0) {
      figures.push(h("span", { class: "cached", title: `${event.cacheReadTokens} tokens from the cache` }, "cache"));
    }
    if (event.latencyMs > 0) figures.push(h("span", { class: "took" }, duration(event.latencyMs)));
    const tokens = (event.promptTokens ?? 0) + (event.completionTokens ?? 0);
    if (tokens > 0) {
      figures.push(h("span", { class: "tokens", title: `${event.promptTokens ?? 0} in, ${event.completionTokens ?? 0} out` },
        `${compact(event.promptTokens ?? 0)} → ${compact(event.completionTokens ?? 0)}`));
    }
    return figures;
  }

  bar(at, type) {
    const [from, to] = this.stretches[at];
    const left = this.scale.at(from);
    const width = this.scale.at(to) - left;
    const event = this.data.events[at];
    const bar = h("span", { class: `bar tone-${type.tone}${from === to ? " point" : ""}` });
    bar.style.left = `${left * 100}%`;
    if (to > from) bar.style.width = `${width * 100}%`;
    const label = to > from ? h("span", { class: `bar-label${left > 0.6 ? " before" : ""}` }, duration(to - from)) : null;
    if (label) label.style.left = `${(left > 0.6 ? left : left + width) * 100}%`;
    const folds = this.scale.folds.length <= 40 ? this.scale.folds.map((share) => {
      const fold = h("span", { class: "fold" });
      fold.style.left = `${share * 100}%`;
      return fold;
    }) : [];
    return h("span", { class: "track", title: `${moment(event.timestamp)}, ${duration(event.timeSinceStart)} after the start` },
      folds, bar, label);
  }

  /** The lines of the branches that pass this row, and its own dot. */
  lanesOf(at) {
    const { branches, branch, parent } = this.shape;
    const width = this.lanes * LANE + 2 * EDGE - LANE;
    const middle = HEIGHT / 2;
    const x = (lane) => EDGE + Math.min(lane, MOST_LANES - 1) * LANE;
    const art = draw("svg", { class: "lanes", width, height: HEIGHT, "aria-hidden": "true" });
    for (const each of branches) {
      if (at < each.first || at > each.last) {
        if (each.from >= 0 && at >= reach(each) && at < each.first) this.leave(art, x, each, at, middle);
        continue;
      }
      const top = at === each.first ? (each.from >= 0 && each.from < at ? 0 : middle) : 0;
      const bottom = at === each.last ? middle : HEIGHT;
      if (bottom > top) art.append(draw("line", { x1: x(each.lane), x2: x(each.lane), y1: top, y2: bottom }));
    }
    const own = branches[branch[at]];
    art.append(draw("circle", { cx: x(own.lane), cy: middle, r: parent[at] < 0 && at > 0 ? 5 : 4, class: "dot" }));
    return art;
  }

  leave(art, x, branch, at, middle) {
    const from = x(this.shape.branches[this.shape.branch[branch.from]].lane);
    const to = x(branch.lane);
    const path = at === branch.from
      ? `M${from} ${middle}C${from} ${HEIGHT - 4} ${to} ${middle + 6} ${to} ${HEIGHT}`
      : `M${to} 0V${HEIGHT}`;
    art.append(draw("path", { d: path, fill: "none", class: "leave" }));
  }
}
