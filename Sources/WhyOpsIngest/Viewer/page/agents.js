// The agents of the environment, their versions, and what changed between two.

import { h, fill } from "/viewer/dom.js";
import { get } from "/viewer/api.js";
import { go, link } from "/viewer/router.js";
import { comparison } from "/viewer/comparison.js";
import { line } from "/viewer/text.js";
import { ago, moment, number, plural } from "/viewer/format.js";
import { icon, thread } from "/viewer/icons.js";

export class AgentsPage {
  constructor() {
    this.aborted = new AbortController();
    this.body = h("div", { class: "scroller agents" }, h("div", { class: "loading" }, "Reading the agents"));
    this.element = h("main", { class: "agents-page" }, h("div", { class: "list-head" }, h("h1", {}, "Agents")), this.body);
    this.load();
  }

  close() {
    this.aborted.abort();
  }

  async load() {
    try {
      const agents = [];
      for (let page = 1; ; page += 1) {
        const answer = await get(["entities"], { page, count: 100 }, { signal: this.aborted.signal });
        agents.push(...answer.agents);
        if (!answer.pagination.hasMore || page >= 20) break;
      }
      fill(this.body, agents.length === 0
        ? h("div", { class: "empty" }, thread(), h("h2", {}, "No agents yet"), h("p", {}, "An agent appears with its first call."))
        : agents.map(card));
    } catch (fault) {
      if (fault.name !== "AbortError") fill(this.body, failure(fault, () => this.load()));
    }
  }

  actions = { leave: () => go(["traces"]), search: () => go(["traces"]) };
}

function card(agent) {
  return h("a", { class: "agent-card", href: link(["agents", agent.id]) },
    h("b", {}, line(agent.name, 80)),
    h("span", { class: "quiet-text" }, agent.lastActive ? ago(agent.lastActive) : "no traces"),
    h("dl", { class: "figures" },
      h("div", {}, h("dt", {}, "Traces"), h("dd", {}, number(agent.traceCount))),
      typeof agent.successPercentage === "number"
        ? h("div", {}, h("dt", {}, "Without error"), h("dd", {}, `${Math.round(agent.successPercentage * 10) / 10} %`)) : null,
      agent.latestVersion ? h("div", {}, h("dt", {}, "Version"), h("dd", {}, h("code", {}, agent.latestVersion.hash.slice(0, 8)))) : null));
}

function failure(fault, again) {
  const isMissing = fault.status === 404;
  return h("div", { class: "failure", role: "alert" },
    h("h2", {}, isMissing ? "There is no such agent" : "The agents cannot be read"),
    h("p", {}, isMissing ? "It may belong to another environment." : fault.message),
    h("button", { class: "button", type: "button", onclick: again }, "Try again"));
}

export class AgentPage {
  constructor({ id, query }) {
    this.id = id;
    this.query = query;
    this.aborted = new AbortController();
    this.body = h("div", { class: "scroller agent" }, h("div", { class: "loading" }, "Reading the versions"));
    this.head = h("div", { class: "list-head" });
    this.element = h("main", { class: "agents-page" }, this.head, this.body);
    this.crumbs("Agent");
    this.load();
  }

  close() {
    this.aborted.abort();
  }

  crumbs(name) {
    fill(this.head, h("div", { class: "crumbs" },
      h("a", { class: "icon-button", href: link(["agents"]), title: "All agents (Esc)", "aria-label": "All agents" }, icon("back")),
      h("h1", {}, line(name, 80)),
      this.name ? h("a", { class: "quiet", href: link(["traces"], { agent: this.name }) }, "Its traces") : null));
  }

  async load() {
    const { signal } = this.aborted;
    try {
      const { versions } = await get(["entities", this.id, "version-ids"], {}, { signal });
      this.versions = versions;
      const to = versions.find((each) => each.id === this.query.to) ?? versions[0];
      const before = versions[versions.indexOf(to) + 1] ?? to;
      const from = versions.find((each) => each.id === this.query.from) ?? before;
      const [old, fresh] = await Promise.all([from, to].map((each) => get(["entities", "versions", each.id], {}, { signal })));
      this.name = fresh.version.name;
      this.crumbs(this.name);
      fill(this.body, this.chooser(from, to), comparison(old.version, fresh.version));
    } catch (fault) {
      if (fault.name !== "AbortError") fill(this.body, failure(fault, () => this.load()));
    }
  }

  chooser(from, to) {
    const choose = (name, chosen, label) => h("label", { class: "choice" }, h("span", { class: "quiet-text" }, label),
      h("select", {
        class: "field", "aria-label": label,
        onchange: (event) => go(["agents", this.id], { from: from.id, to: to.id, [name]: event.target.value }),
      }, this.versions.map((each, at) => h("option", { value: each.id, selected: each === chosen },
        `${this.versions.length - at}: ${each.hash.slice(0, 8)}, ${moment(each.createdAt).slice(0, 16)}`))));
    return h("div", { class: "chooser" }, choose("from", from, "Before"), choose("to", to, "After"),
      h("span", { class: "quiet-text" }, plural(this.versions.length, "version")));
  }

  actions = { leave: () => go(["agents"]), search: () => go(["traces"]) };
}
