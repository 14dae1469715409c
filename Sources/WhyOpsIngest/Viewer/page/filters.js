// What the list of traces is narrowed to. Fields whose filter the service does not know are not shown.

import { h, fill, debounce } from "/viewer/dom.js";
import { get } from "/viewer/api.js";
import { icon } from "/viewer/icons.js";

const TIMES = [["", "Any time"], ["1h", "Last hour"], ["24h", "Last 24 hours"], ["7d", "Last 7 days"], ["30d", "Last 30 days"], ["own", "From, to…"]];
const HOURS = { "1h": 1, "24h": 24, "7d": 168, "30d": 720 };

export class Filters {
  /** `query` is that of the place; `onChange` gets the new one. */
  constructor({ query, onChange }) {
    this.query = { ...query };
    this.changed = () => onChange(this.query);
    const changeSoon = debounce(250, this.changed);
    const text = (name, placeholder, props = {}) => h("input", {
      class: "field", type: "search", name, placeholder, "aria-label": placeholder, value: this.query[name] ?? "", autocomplete: "off",
      spellcheck: "false", maxlength: 200, enterkeyhint: "search", ...props,
      onchange: (event) => { if ((this.query[name] ?? "") !== event.target.value.trim()) changeSoon(this.set(name, event.target.value.trim())); },
      // Names are compared whole, so half of one is not looked for: only one that is known, and none.
      oninput: (event) => {
        const value = event.target.value.trim();
        const isWhole = name === "q" || value === "" || (name === "agent" && this.known?.some((each) => each.name === value));
        if (isWhole) changeSoon(this.set(name, value));
      },
    });
    this.search = text("q", "Search all texts", { class: "field search" });
    this.searchBox = h("label", { class: "search-box", hidden: true }, icon("search"), this.search, h("kbd", {}, "/"));
    this.agents = h("datalist", { id: "agents" });
    this.agent = text("agent", "Agent", { list: "agents" });
    this.agent.addEventListener("input", () => this.readVersions());
    this.version = h("select", { class: "field", "aria-label": "Version", hidden: true, onchange: (event) => { this.set("version", event.target.value); this.changed(); } });
    this.user = text("user", "User");
    this.time = h("select", { class: "field", "aria-label": "Time", name: "time", onchange: (event) => this.setTime(event.target.value) },
      TIMES.map(([value, label]) => h("option", { value, selected: value === (this.query.since ?? (this.query.from || this.query.to ? "own" : "")) }, label)));
    const day = (name, label) => h("input", {
      class: "field", type: "date", "aria-label": label, value: this.query[name] ?? "",
      onchange: (event) => { this.set(name, event.target.value); this.changed(); },
    });
    this.days = h("span", { class: "days", hidden: !(this.query.from || this.query.to) }, day("from", "From"), day("to", "To"));
    this.errors = h("button", {
      class: "toggle", type: "button", name: "errors", "aria-pressed": String(this.query.errors === "1"), hidden: true,
      onclick: () => {
        this.set("errors", this.query.errors === "1" ? "" : "1");
        this.errors.setAttribute("aria-pressed", String(this.query.errors === "1"));
        this.changed();
      },
    }, h("span", { class: "error-dot" }), "With errors");
    this.clear = h("button", { class: "quiet", type: "button", hidden: !this.isActive, onclick: () => onChange({}, true) }, "Clear");
    this.element = h("div", { class: "filters", role: "search" }, this.searchBox, this.agent, this.agents, this.version, this.user,
      this.time, this.days, this.errors, this.clear);
    this.readAgents();
  }

  get isActive() {
    return Object.values(this.query).some(Boolean);
  }

  set(name, value) {
    if (value) this.query[name] = value;
    else delete this.query[name];
    if (name === "agent") delete this.query.version;
    this.clear.hidden = !this.isActive;
  }

  setTime(value) {
    this.days.hidden = value !== "own";
    for (const name of ["since", "from", "to"]) this.set(name, "");
    if (value !== "own") this.set("since", value);
    this.changed();
  }

  /** The parameters of `GET /api/threads`. */
  get parameters() {
    const { q, agent, version, user, since, from, to, errors } = this.query;
    const start = HOURS[since] ? new Date(Date.now() - HOURS[since] * 3600000).toISOString() : from;
    return {
      q, agentName: agent, agentVersionId: version, externalUserId: user, startDate: start, endDate: to,
      hasErrors: errors === "1" ? "true" : undefined,
    };
  }

  /** Shows the fields that an answer proves: errors where threads count them, search where the route says so. */
  learn({ countsErrors, canSearch }) {
    if (countsErrors) this.errors.hidden = false;
    if (canSearch) this.searchBox.hidden = false;
  }

  async readAgents() {
    try {
      const { agents } = await get(["entities"], { count: 100 });
      this.known = agents;
      fill(this.agents, agents.map((agent) => h("option", { value: agent.name })));
      await this.readVersions();
    } catch { /* the service has no list of agents: names are typed */ }
  }

  async readVersions() {
    const agent = this.known?.find((each) => each.name === this.agent.value.trim());
    this.version.hidden = true;
    if (!agent) return;
    try {
      const { versions } = await get(["entities", agent.id, "version-ids"]);
      if (versions.length < 2) return;
      fill(this.version, h("option", { value: "" }, "Every version"), versions.map((each, at) => h("option", {
        value: each.id, selected: each.id === this.query.version,
      }, `${versions.length - at}: ${each.hash.slice(0, 8)}`)));
      this.version.hidden = false;
    } catch { /* the same */ }
  }
}
