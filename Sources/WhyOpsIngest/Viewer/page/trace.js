// One trace: its figures, its timeline or its graph, and the event that is looked at.

import { h, fill, debounce, perFrame } from "/viewer/dom.js";
import { follow } from "/viewer/live.js";
import { adjust, go, link } from "/viewer/router.js";
import { TraceData } from "/viewer/trace-data.js";
import { shape } from "/viewer/trace-model.js";
import { Timeline } from "/viewer/timeline.js";
import { Graph } from "/viewer/graph.js";
import { Inspector } from "/viewer/inspector.js";
import { figures } from "/viewer/trace-head.js";
import { FindingPanel, byStep } from "/viewer/findings.js";
import { line } from "/viewer/text.js";
import { icon } from "/viewer/icons.js";

const VIEWS = [["timeline", "Timeline"], ["graph", "Graph"]];

export class TracePage {
  constructor({ id, query, onState }) {
    this.id = id;
    this.query = query;
    this.onState = onState;
    this.selected = -1;
    this.data = new TraceData(id);
    this.headBox = h("header", { class: "trace-head" });
    this.stage = h("div", { class: "stage" });
    this.inspector = new Inspector({ onClose: () => this.leaveEvent(), onStep: (way) => this.step(way),
      findingsAt: (step) => byStep(this.data.analysis).get(step) ?? [] });
    this.findings = new FindingPanel({
      onOpen: (step) => this.openStep(step),
      onToggle: (isOpen) => {
        adjust({ findings: isOpen ? "1" : "" });
        this.draw();
      },
    });
    this.findings.isOpen = query.findings === "1";
    // A trace that grows is looked at again when it pauses.
    this.analyse = debounce(600, () => this.readFindings());
    this.element = h("main", { class: "trace-page" }, this.headBox, this.findings.element, h("div", { class: "trace-body" }, this.stage, this.inspector.element));
    this.redraw = perFrame(() => this.draw());
    fill(this.stage, h("div", { class: "loading" }, "Reading the trace"));
    this.start();
  }

  close() {
    this.data.close();
    this.view?.close();
    this.inspector.close();
  }

  async start() {
    try {
      await this.data.load(() => this.redraw());
    } catch (fault) {
      if (fault.name !== "AbortError") this.fail(fault);
      return;
    }
    this.redraw();
    this.readFindings();
    follow({
      signal: this.data.aborted.signal,
      onTrace: (trace) => trace.threadId === this.id && this.refresh(),
      onGap: () => this.refresh(),
      onState: this.onState,
    });
  }

  async refresh() {
    if (this.isRefreshing) {
      this.isStale = true;
      return;
    }
    this.isRefreshing = true;
    const chosen = this.data.events[this.selected]?.id;
    try {
      if (await this.data.refresh()) {
        this.selected = chosen === undefined ? -1 : this.data.events.findIndex((event) => event.id === chosen);
        this.redraw();
        this.analyse();
      }
    } catch { /* the next news tries again */ }
    this.isRefreshing = false;
    if (this.isStale) {
      this.isStale = false;
      this.refresh();
    }
  }

  async readFindings() {
    if (!await this.data.analyse()) return;
    this.findings.show(this.data.analysis);
    this.inspector.renewFindings();
    this.redraw();
  }

  fail(fault) {
    const isMissing = fault.status === 404;
    fill(this.headBox, this.crumbs());
    fill(this.stage, h("div", { class: "failure", role: "alert" },
      h("h2", {}, isMissing ? "There is no such trace" : "The trace cannot be read"),
      h("p", {}, isMissing ? "It may belong to another environment, or have been deleted." : fault.message),
      isMissing ? h("button", { class: "button", type: "button", onclick: () => go(["traces"]) }, "All traces")
        : h("button", { class: "button", type: "button", onclick: () => { fill(this.stage, h("div", { class: "loading" }, "Reading the trace")); this.start(); } }, "Try again")));
  }

  crumbs() {
    return h("div", { class: "crumbs" },
      h("a", { class: "icon-button", href: link(["traces"]), title: "All traces (Esc)", "aria-label": "All traces" }, icon("back")),
      h("h1", {}, line(this.data.head?.entityName ?? "Trace", 60)), h("code", { class: "trace-id", title: this.id }, line(this.id, 60)));
  }

  draw() {
    if (!this.data.head) return;
    const name = this.query.view === "graph" ? "graph" : "timeline";
    fill(this.headBox, this.crumbs(), figures(this.data),
      h("div", { class: "views" }, h("div", { class: "tabs", role: "tablist" }, VIEWS.map(([each, label]) => h("button", {
        class: "tab", type: "button", role: "tab", "aria-selected": String(each === name), onclick: () => this.show(each),
      }, label))), this.findings.button()));
    if (this.name !== name) {
      this.view?.close();
      const options = { data: this.data, onSelect: (at) => this.openEvent(at) };
      this.view = name === "graph" ? new Graph(options) : new Timeline(options);
      this.name = name;
      fill(this.stage, this.view.element);
    }
    this.view.selected = this.selected;
    this.view.show(shape(this.data.events));
    if (this.query.event && this.selected < 0) {
      const at = this.data.events.findIndex((event) => event.id === this.query.event);
      if (at >= 0) this.openEvent(at);
    } else if (this.selected >= 0 && this.view.selected >= 0 && this.isMoved) {
      this.view.select(this.selected);
    }
    this.isMoved = false;
  }

  show(name) {
    this.query.view = name === "graph" ? "graph" : "";
    adjust({ view: this.query.view });
    this.isMoved = true;
    this.draw();
  }

  openStep(step) {
    const at = this.data.events.findIndex((event) => event.stepId === step);
    if (at >= 0) this.openEvent(at);
  }

  openEvent(at) {
    this.select(at);
    this.query.event = this.data.events[at].id;
    adjust({ event: this.query.event });
    this.element.classList.add("inspects");
    this.inspector.show(this.data.events[at]);
  }

  leaveEvent() {
    this.query.event = "";
    adjust({ event: "" });
    this.element.classList.remove("inspects");
    this.inspector.close();
  }

  select(at) {
    if (this.data.events.length === 0) return;
    this.selected = Math.max(0, Math.min(this.data.events.length - 1, at));
    this.view.select(this.selected);
  }

  step(way) {
    const isGraph = this.name === "graph" && this.selected >= 0;
    this.select(isGraph ? this.view.neighbour(this.selected, way) : this.selected < 0 ? 0 : this.selected + way);
    if (!this.inspector.element.hidden) this.openEvent(this.selected);
  }

  actions = {
    next: () => this.step(1),
    previous: () => this.step(-1),
    pageDown: () => this.step(15),
    pageUp: () => this.step(-15),
    first: () => { this.select(0); },
    last: () => { this.select(this.data.events.length - 1); },
    open: () => this.selected >= 0 && this.openEvent(this.selected),
    leave: () => (this.inspector.element.hidden ? go(["traces"]) : this.leaveEvent()),
    timeline: () => this.show("timeline"),
    graph: () => this.show("graph"),
    findings: () => this.findings.enter(),
    search: () => go(["traces"]),
  };
}
