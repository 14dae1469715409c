// The traces of the environment, those with news first, as they happen.

import { h, fill } from "/viewer/dom.js";
import { get } from "/viewer/api.js";
import { follow } from "/viewer/live.js";
import { link, go } from "/viewer/router.js";
import { Filters } from "/viewer/filters.js";
import { nothingFound, nothingYet } from "/viewer/empty.js";
import { line } from "/viewer/text.js";
import { summary } from "/viewer/reading.js";
import { ago, brief, compact, duration, moment, plural, number } from "/viewer/format.js";

const PAGE = 50;
/** What each trace was asked first, kept while the page is open. */
const questions = new Map();

export class ListPage {
  constructor({ query, onState }) {
    this.aborted = new AbortController();
    this.threads = [];
    this.selected = -1;
    this.page = 1;
    this.filters = new Filters({ query, onChange: (next, isCleared) => (isCleared ? go(["traces"]) : this.filter(next)) });
    this.onState = onState;
    this.news = h("button", { class: "news", type: "button", hidden: true, onclick: () => this.showNews() });
    this.rows = h("div", { class: "rows", role: "list", "aria-label": "Traces" });
    this.foot = h("div", { class: "list-foot" });
    this.count = h("p", { class: "list-count", role: "status" });
    this.scroller = h("div", { class: "list scroller" }, this.news, this.rows, this.foot);
    this.element = h("main", { class: "list-page" },
      h("div", { class: "list-head" }, h("div", { class: "list-title" }, h("h1", {}, "Traces"), this.count), this.filters.element),
      h("div", { class: "columns", "aria-hidden": "true" }, ["Trace", "Model", "Events", "Tokens", "Took", "Last activity"].map((each) => h("span", {}, each))),
      this.scroller);
    this.watcher = new IntersectionObserver((entries) => this.seen(entries), { root: this.scroller, rootMargin: "400px" });
    this.clock = setInterval(() => this.tick(), 30000);
    this.load();
    this.follow();
  }

  close() {
    this.aborted.abort();
    this.watcher.disconnect();
    clearInterval(this.clock);
  }

  filter(query) {
    history.replaceState(null, "", link(["traces"], query));
    this.load();
  }

  /** The first page, from the beginning. */
  async load() {
    this.request?.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    if (this.threads.length === 0) fill(this.rows, Array.from({ length: 8 }, () => h("div", { class: "row waiting", "aria-hidden": "true" })));
    this.rows.setAttribute("aria-busy", "true");
    try {
      const answer = await this.read(1, signal);
      this.page = 1;
      this.threads = answer.threads;
      this.selected = -1;
      this.news.hidden = true;
      this.show(answer);
      this.probe(answer);
    } catch (fault) {
      if (fault.name !== "AbortError") this.fail(fault);
    }
    this.rows.removeAttribute("aria-busy");
  }

  read(page, signal) {
    return get(["threads"], { ...this.filters.parameters, page, count: PAGE }, { signal });
  }

  probe(answer) {
    const countsErrors = answer.threads.some((each) => typeof each.errorCount === "number");
    this.filters.learn({ countsErrors, canSearch: countsErrors || answer.search !== undefined });
  }

  show(answer) {
    const { total, hasMore } = answer.pagination;
    this.total = total;
    fill(this.count, this.filters.isActive ? `${plural(total, "trace")} found` : plural(total, "trace"),
      answer.search && !answer.search.isComplete ? h("span", {}, `, searched the newest ${number(answer.search.threads)}`) : null);
    this.element.classList.toggle("is-empty", total === 0);
    if (total === 0) {
      fill(this.rows, this.filters.isActive ? nothingFound() : nothingYet());
      fill(this.foot);
      return;
    }
    fill(this.rows, this.threads.map((each, at) => this.row(each, at)));
    fill(this.foot, hasMore ? h("button", { class: "button", type: "button", onclick: () => this.more() }, "Show older traces") : null);
    if (hasMore) this.watcher.observe(this.foot);
  }

  async more() {
    if (this.isReading) return;
    this.isReading = true;
    try {
      const answer = await this.read(this.page + 1, this.aborted.signal);
      this.page += 1;
      // Traces that moved up meanwhile push others onto the next page.
      const known = new Set(this.threads.map((each) => each.threadId));
      const fresh = answer.threads.filter((each) => !known.has(each.threadId));
      this.rows.append(...fresh.map((each, at) => this.row(each, this.threads.length + at)));
      this.threads.push(...fresh);
      if (!answer.pagination.hasMore) {
        this.watcher.unobserve(this.foot);
        fill(this.foot);
      }
    } catch (fault) {
      if (fault.name !== "AbortError") fill(this.foot, h("p", { role: "alert" }, fault.message), h("button", { class: "button", type: "button", onclick: () => this.more() }, "Try again"));
    }
    this.isReading = false;
  }

  fail(fault) {
    fill(this.foot);
    fill(this.count);
    fill(this.rows, h("div", { class: "failure", role: "alert" },
      h("h2", {}, "The traces cannot be read"), h("p", {}, fault.message),
      h("button", { class: "button", type: "button", onclick: () => this.load() }, "Try again")));
  }

  row(each, at) {
    const question = h("span", { class: "row-said" }, h("span", { class: "ghost" }));
    const row = h("a", {
      class: `row${each.errorCount > 0 ? " has-errors" : ""}`, href: link(["traces", each.threadId]), role: "listitem", "data-id": each.threadId,
    },
    h("span", { class: "row-main" },
      h("span", { class: "row-agent" }, h("b", {}, line(each.entityName, 60)),
        each.errorCount > 0 ? h("span", { class: "chip error" }, plural(each.errorCount, "error")) : null,
        each.externalUserId ? h("span", { class: "row-user" }, line(each.externalUserId, 40)) : null,
        h("code", { class: "row-id", title: each.threadId }, line(brief(each.threadId), 24))),
      question),
    h("span", { class: "row-model" }, each.model ? line(each.model, 40) : "–"),
    h("span", { class: "row-number", "data-label": "events" }, compact(each.eventCount)),
    h("span", { class: `row-number${each.totalTokens ? "" : " none"}`, "data-label": "tokens" }, each.totalTokens ? compact(each.totalTokens) : "–"),
    h("span", { class: "row-number" }, duration(each.duration)),
    h("span", { class: "row-time", title: moment(each.lastActivity), "data-time": each.lastActivity }, ago(each.lastActivity)));
    row.question = question;
    row.thread = each;
    row.addEventListener("focus", () => { this.selected = at; });
    if (questions.has(each.threadId)) this.say(row);
    else this.watcher.observe(row);
    return row;
  }

  seen(entries) {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      if (target === this.foot) {
        this.more();
        continue;
      }
      this.watcher.unobserve(target);
      this.ask(target);
    }
  }

  /** Reads the first event of a trace, a few traces at a time. */
  ask(row) {
    this.asking = (this.asking ?? []).concat(row);
    while ((this.running ?? 0) < 4 && this.asking.length > 0) this.askNext();
  }

  async askNext() {
    const row = this.asking.shift();
    this.running = (this.running ?? 0) + 1;
    const { threadId, eventCount } = row.thread;
    try {
      // The list is newest first, so the last one is the first.
      const { events } = await get(["events"], { traceId: threadId, limit: 1, offset: Math.max(0, eventCount - 1), include: "content,metadata" },
        { signal: this.aborted.signal });
      questions.set(threadId, events.length > 0 ? summary(events[0]).text : "");
      this.say(row);
    } catch { /* the row stays without */ }
    this.running -= 1;
    if (this.asking.length > 0 && !this.aborted.signal.aborted) this.askNext();
  }

  say(row) {
    const text = questions.get(row.thread.threadId);
    fill(row.question, text ? line(text, 140) : h("span", { class: "quiet-text" }, "–"));
  }

  follow() {
    const again = () => {
      if (this.scroller.scrollTop < 40 && this.page === 1) this.refresh();
      else this.tell();
    };
    let timer;
    // Several changes in short order are read once.
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(again, 300);
    };
    follow({ signal: this.aborted.signal, onTrace: soon, onGap: soon, onState: this.onState });
  }

  tell() {
    this.news.hidden = false;
    fill(this.news, "There is news: show it");
  }

  showNews() {
    this.scroller.scrollTop = 0;
    this.load();
  }

  /** The first page again, without taking away what is selected. */
  async refresh() {
    const chosen = this.threads[this.selected]?.threadId;
    try {
      const answer = await this.read(1, this.aborted.signal);
      if (JSON.stringify(answer.threads) === JSON.stringify(this.threads)) return;
      const before = new Map(this.threads.map((each) => [each.threadId, each.eventCount]));
      const hadFocus = this.rows.contains(document.activeElement);
      this.threads = answer.threads;
      this.show(answer);
      this.probe(answer);
      for (const row of this.rows.children) {
        if (row.thread && before.get(row.thread.threadId) !== row.thread.eventCount) row.classList.add("fresh");
      }
      this.selected = this.threads.findIndex((each) => each.threadId === chosen);
      if (this.selected >= 0) this.select(this.selected, hadFocus);
    } catch { /* the next news tries again */ }
  }

  tick() {
    for (const each of this.rows.querySelectorAll("[data-time]")) each.textContent = ago(each.dataset.time);
  }

  select(at, takesFocus = true) {
    if (this.threads.length === 0) return;
    this.selected = Math.max(0, Math.min(this.threads.length - 1, at));
    const row = this.rows.children[this.selected];
    for (const each of this.rows.querySelectorAll(".selected")) each.classList.remove("selected");
    row.classList.add("selected");
    if (takesFocus) row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    if (this.selected >= this.threads.length - 3 && this.foot.childElementCount > 0) this.more();
  }

  actions = {
    next: () => this.select(this.selected + 1),
    previous: () => this.select(this.selected < 0 ? 0 : this.selected - 1),
    first: () => this.select(0),
    last: () => this.select(this.threads.length - 1),
    open: () => this.selected >= 0 && go(["traces", this.threads[this.selected].threadId]),
    search: () => (this.filters.searchBox.hidden ? this.filters.agent : this.filters.search).focus(),
    leave: () => this.filters.isActive && go(["traces"]),
  };
}
