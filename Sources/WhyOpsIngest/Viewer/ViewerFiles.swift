// swift-format-ignore-file
// Made by .ci/viewer from the files in page/. Change those, and run it.

/// The files of the trace viewer.
enum ViewerFiles {
static let all: [ViewerFile] = [
ViewerFile(name: "agents.css", mediaType: "text/css; charset=utf-8", text: ####"""
/* Agents and the comparison of their versions. */

.agents { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); gap: 12px; align-content: start; padding: 4px 24px 40px; }
.agents > .empty, .agents > .failure, .agents > .loading { grid-column: 1 / -1; }
.agent-card { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 12px; padding: 16px 18px 8px; border: 1px solid var(--line); border-radius: 12px; background: var(--panel); color: var(--ink); }
.agent-card:hover { border-color: var(--line-strong); text-decoration: none; box-shadow: var(--shadow); }
.agent-card b { overflow: hidden; font-size: 15px; text-overflow: ellipsis; white-space: nowrap; }
.agent-card .figures { grid-column: 1 / -1; }
.agent { padding: 4px 24px 60px; }
.chooser { display: flex; flex-wrap: wrap; gap: 12px 16px; align-items: flex-end; margin-bottom: 28px; }
.choice { display: grid; gap: 4px; min-width: 0; font-size: 13px; }
.choice .field { max-width: 100%; }
.comparison { max-width: 980px; }
.comparison section { margin-bottom: 32px; }
.comparison h2 { display: flex; gap: 10px; align-items: center; margin-bottom: 10px; }
.banner { margin-bottom: 20px; padding: 10px 14px; border-radius: 10px; background: var(--sunk); color: var(--ink-2); }
.diff { overflow: hidden; padding: 8px 0; border: 1px solid var(--line); border-radius: 10px; background: var(--panel); font-family: var(--mono); font-size: 12.5px; line-height: 1.6; }
.diff-line { display: flex; gap: 10px; padding: 0 12px; overflow-wrap: anywhere; white-space: pre-wrap; }
.diff-line .captured { flex: 1; min-width: 0; }
.diff-sign { flex: none; width: 10px; color: var(--ink-3); user-select: none; }
.diff-line.in { background: var(--added); }
.diff-line.out { background: var(--removed); }
.diff-skip { display: block; width: 100%; padding: 3px 12px 3px 32px; border-radius: 0; background: var(--sunk); font: 12px/1.6 var(--sans); text-align: left; }
.tool-diff { margin-bottom: 10px; }
.tool-diff summary { display: flex; gap: 10px; align-items: center; padding: 6px 0; cursor: pointer; }
.tool-diff summary::before { width: 6px; height: 6px; border: solid var(--ink-3); border-width: 0 1.5px 1.5px 0; content: ""; transform: rotate(-45deg); }
.tool-diff[open] summary::before { transform: rotate(45deg); }
.chip.in { background: var(--added); color: var(--model); }
.chip.out { background: var(--removed); color: var(--error); }
.chip.changed { background: color-mix(in srgb, var(--tool) 14%, transparent); color: var(--tool); }
@media (max-width: 700px) {
  .agents, .agent { padding-right: 16px; padding-left: 16px; }
}

"""####),
ViewerFile(name: "agents.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
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

"""####),
ViewerFile(name: "api.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// Calls of the ingest interface. The key goes in a header, so never in an address, a log or a history.

import { key, signOut } from "/viewer/session.js";

/** An answer that is not what was asked for; `status` is 0 where there was no answer. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function headers(more = {}) {
  return { Authorization: `Bearer ${key() ?? ""}`, ...more };
}

/** A path under `/api` with its parameters; what is undefined, null or empty is left out. */
export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return `/api/${path.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

/** The text of an answer; throws `ApiError` for every other than a success. */
export async function getText(path, parameters, { signal, withKey } = {}) {
  // A thread may have the name that the stream of events has.
  const accepted = { Accept: "application/json, text/plain" };
  const head = withKey === undefined ? headers(accepted) : { Authorization: `Bearer ${withKey}`, ...accepted };
  let response;
  try {
    response = await fetch(address(path, parameters), {
      headers: head, signal, cache: "no-store", credentials: "omit", redirect: "error",
    });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new ApiError(0, "The service does not answer. Is it running?");
  }
  const text = await response.text();
  if (response.ok) return text;
  if (response.status === 401 && withKey === undefined) signOut("The key is no longer accepted. Sign in again.");
  throw new ApiError(response.status, messageOf(text) || `The service answered ${response.status}.`);
}

export async function get(path, parameters, options) {
  return JSON.parse(await getText(path, parameters, options));
}

function messageOf(text) {
  try {
    const body = JSON.parse(text);
    return [body.error, body.message].filter((part) => typeof part === "string").join(": ");
  } catch {
    return "";
  }
}

const missing = new Map();

/** Whether the service has a route: asked once, and anything but 404 is a yes. */
export function hasRoute(...path) {
  const name = path.join("/");
  if (!missing.has(name)) {
    const answer = get(path, { count: 1 }).then(() => true, (fault) => {
      if (fault.status !== 404) missing.delete(name);
      return fault.status !== 404;
    });
    missing.set(name, answer);
  }
  return missing.get(name);
}

"""####),
ViewerFile(name: "base.css", mediaType: "text/css; charset=utf-8", text: ####"""
/* Colours, type and the few forms that everything is made of. */

:root {
  color-scheme: light;
  --paper: #faf9f6;
  --panel: #ffffff;
  --sunk: #f2f0ea;
  --line: #e5e1d8;
  --line-strong: #cfc9bd;
  --ink: #211f1b;
  --ink-2: #5c574e;
  --ink-3: #777064;
  --accent: #1d5c53;
  --accent-soft: #e2eeea;
  --on-accent: #ffffff;
  --user: #2f63a8;
  --model: #1f7466;
  --thinking: #7550ab;
  --tool: #96610a;
  --error: #b5322a;
  --embedding: #566778;
  --added: #e3f2e6;
  --removed: #fbe6e3;
  --mark: #fff0cf;
  --mark-ink: #6d4800;
  --shadow: 0 1px 2px rgb(40 34 20 / 6%), 0 6px 20px rgb(40 34 20 / 6%);
  --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}

@media (prefers-color-scheme: dark) {
  :root:not([data-theme="light"]) {
    color-scheme: dark;
    --paper: #151614; --panel: #1c1d1b; --sunk: #111210; --line: #2d2f2b; --line-strong: #454842;
    --ink: #e9e6de; --ink-2: #b0aba0; --ink-3: #8f8a7f;
    --accent: #7fc9b9; --accent-soft: #1e2f2b; --on-accent: #0e1b18;
    --user: #8db6ee; --model: #72c7b5; --thinking: #bca1ea; --tool: #e0b062; --error: #f28b80; --embedding: #a3b5c6;
    --added: #1a2e1f; --removed: #382020; --mark: #40341a; --mark-ink: #f0cf8a;
    --shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 8px 24px rgb(0 0 0 / 35%);
  }
}

:root[data-theme="dark"] {
  color-scheme: dark;
  --paper: #151614; --panel: #1c1d1b; --sunk: #111210; --line: #2d2f2b; --line-strong: #454842;
  --ink: #e9e6de; --ink-2: #b0aba0; --ink-3: #8f8a7f;
  --accent: #7fc9b9; --accent-soft: #1e2f2b; --on-accent: #0e1b18;
  --user: #8db6ee; --model: #72c7b5; --thinking: #bca1ea; --tool: #e0b062; --error: #f28b80; --embedding: #a3b5c6;
  --added: #1a2e1f; --removed: #382020; --mark: #40341a; --mark-ink: #f0cf8a;
  --shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 8px 24px rgb(0 0 0 / 35%);
}

.tone-user { --tone: var(--user); }
.tone-model { --tone: var(--model); }
.tone-thinking { --tone: var(--thinking); }
.tone-tool { --tone: var(--tool); }
.tone-error { --tone: var(--error); }
.tone-embedding, .tone-other { --tone: var(--embedding); }

*, *::before, *::after { box-sizing: border-box; }
html { height: 100%; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; height: 100%; background: var(--paper); color: var(--ink);
  font: 14px/1.5 var(--sans); font-synthesis: none; -webkit-font-smoothing: antialiased;
}
[hidden] { display: none !important; }
h1, h2, h3, h4, p, dl, dd, dt, ul, pre { margin: 0; padding: 0; font: inherit; }
ul { list-style: none; }
h1 { font-size: 20px; font-weight: 650; letter-spacing: -0.015em; line-height: 1.25; }
h2 { font-size: 16px; font-weight: 650; letter-spacing: -0.01em; line-height: 1.3; }
h3 { font-size: 13px; font-weight: 650; }
b { font-weight: 600; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; text-underline-offset: 2px; }
code, kbd, pre { font-family: var(--mono); font-size: 0.92em; }
kbd {
  display: inline-block; min-width: 20px; padding: 0 5px; border: 1px solid var(--line-strong); border-bottom-width: 2px; border-radius: 5px;
  background: var(--panel); color: var(--ink-2); font-size: 11px; line-height: 17px; text-align: center;
}
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
::selection { background: color-mix(in srgb, var(--accent) 26%, transparent); }
.icon { display: block; fill: none; stroke: currentcolor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.grow { flex: 1; }
.quiet-text { color: var(--ink-3); }

.button {
  display: inline-flex; align-items: center; justify-content: center; gap: 6px; min-height: 36px; padding: 0 14px;
  border: 1px solid var(--line-strong); border-radius: 8px; background: var(--panel); color: var(--ink); font: inherit; font-weight: 550; cursor: pointer;
}
.button:hover { border-color: var(--ink-3); }
.button.primary { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
.button.primary:hover { filter: brightness(1.08); }
.button:disabled { opacity: 0.55; cursor: default; }
.button.small { min-height: 28px; padding: 0 10px; font-size: 12px; }
.quiet { padding: 4px 6px; border: 0; border-radius: 6px; background: none; color: var(--accent); font: inherit; font-weight: 550; cursor: pointer; }
.quiet:hover { background: var(--accent-soft); text-decoration: none; }
.icon-button {
  display: inline-flex; flex: none; align-items: center; justify-content: center; width: 34px; height: 34px; border: 0; border-radius: 8px;
  background: none; color: var(--ink-2); cursor: pointer;
}
.icon-button:hover { background: var(--sunk); color: var(--ink); }
.field {
  height: 34px; min-width: 0; padding: 0 10px; border: 1px solid var(--line-strong); border-radius: 8px; background: var(--panel); color: var(--ink);
  font: inherit;
}
.field::placeholder { color: var(--ink-3); opacity: 1; }
.field:focus { border-color: var(--accent); outline: 2px solid color-mix(in srgb, var(--accent) 22%, transparent); outline-offset: 0; }
.chip {
  display: inline-block; flex: none; max-width: 100%; padding: 0 7px; border-radius: 20px; background: var(--sunk); color: var(--ink-2); font-size: 11px;
  font-weight: 550; line-height: 18px; white-space: nowrap;
}
.chip.error, .chip.note { background: color-mix(in srgb, var(--error) 12%, transparent); color: var(--error); }
.chip.call { background: color-mix(in srgb, var(--tool) 13%, transparent); color: var(--tool); }
.chip.stitch { background: var(--accent-soft); color: var(--accent); }
.tabs { display: flex; gap: 2px; }
.tab {
  position: relative; min-height: 36px; padding: 0 12px; border: 0; background: none; color: var(--ink-3); font: inherit; font-weight: 550; cursor: pointer;
}
.tab:hover { color: var(--ink); }
.tab[aria-selected="true"] { color: var(--ink); }
.tab[aria-selected="true"]::after {
  position: absolute; right: 12px; bottom: -1px; left: 12px; height: 2px; border-radius: 2px; background: var(--accent); content: "";
}
.ghost { display: inline-block; width: min(220px, 60%); height: 8px; border-radius: 4px; background: var(--line); }
.loading { padding: 48px 24px; color: var(--ink-3); text-align: center; }
.loading::after { animation: dots 1.2s steps(4) infinite; content: "…"; }
@keyframes dots { 0% { opacity: 0.2; } 50% { opacity: 1; } }
.failure, .empty { max-width: 480px; margin: 8vh auto 0; padding: 24px; text-align: center; }
.failure h2, .empty h2 { margin-bottom: 6px; font-size: 18px; }
.failure p, .empty p { margin-bottom: 16px; color: var(--ink-2); }
.failure h2::before { display: block; width: 40px; height: 2px; margin: 0 auto 18px; background: repeating-linear-gradient(90deg, var(--error) 0 8px, transparent 8px 12px); content: ""; }
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none !important; } }

"""####),
ViewerFile(name: "characters.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// The names of characters that have no shape of their own.

const NAMES = {
  0x00: ["NUL", "NULL"], 0x07: ["BEL", "BELL"], 0x08: ["BS", "BACKSPACE"], 0x09: ["TAB", "CHARACTER TABULATION"],
  0x0b: ["VT", "LINE TABULATION"], 0x0c: ["FF", "FORM FEED"], 0x0d: ["CR", "CARRIAGE RETURN"],
  0x1b: ["ESC", "ESCAPE"], 0x7f: ["DEL", "DELETE"], 0x85: ["NEL", "NEXT LINE"],
  0xa0: ["NBSP", "NO-BREAK SPACE"], 0xad: ["SHY", "SOFT HYPHEN"], 0x034f: ["CGJ", "COMBINING GRAPHEME JOINER"],
  0x061c: ["ALM", "ARABIC LETTER MARK"], 0x115f: ["HCF", "HANGUL CHOSEONG FILLER"],
  0x1160: ["HJF", "HANGUL JUNGSEONG FILLER"], 0x1680: ["OGSP", "OGHAM SPACE MARK"],
  0x17b4: ["KIVAQ", "KHMER VOWEL INHERENT AQ"], 0x17b5: ["KIVAA", "KHMER VOWEL INHERENT AA"],
  0x180b: ["FVS1", "MONGOLIAN FREE VARIATION SELECTOR ONE"], 0x180c: ["FVS2", "MONGOLIAN FREE VARIATION SELECTOR TWO"],
  0x180d: ["FVS3", "MONGOLIAN FREE VARIATION SELECTOR THREE"], 0x180e: ["MVS", "MONGOLIAN VOWEL SEPARATOR"],
  0x180f: ["FVS4", "MONGOLIAN FREE VARIATION SELECTOR FOUR"],
  0x2000: ["NQ", "EN QUAD"], 0x2001: ["MQ", "EM QUAD"], 0x2002: ["ENSP", "EN SPACE"], 0x2003: ["EMSP", "EM SPACE"],
  0x2004: ["3/MSP", "THREE-PER-EM SPACE"], 0x2005: ["4/MSP", "FOUR-PER-EM SPACE"], 0x2006: ["6/MSP", "SIX-PER-EM SPACE"],
  0x2007: ["FSP", "FIGURE SPACE"], 0x2008: ["PSP", "PUNCTUATION SPACE"], 0x2009: ["THSP", "THIN SPACE"],
  0x200a: ["HSP", "HAIR SPACE"], 0x200b: ["ZWSP", "ZERO WIDTH SPACE"], 0x200c: ["ZWNJ", "ZERO WIDTH NON-JOINER"],
  0x200d: ["ZWJ", "ZERO WIDTH JOINER"], 0x200e: ["LRM", "LEFT-TO-RIGHT MARK"], 0x200f: ["RLM", "RIGHT-TO-LEFT MARK"],
  0x2028: ["LSEP", "LINE SEPARATOR"], 0x2029: ["PSEP", "PARAGRAPH SEPARATOR"],
  0x202a: ["LRE", "LEFT-TO-RIGHT EMBEDDING"], 0x202b: ["RLE", "RIGHT-TO-LEFT EMBEDDING"],
  0x202c: ["PDF", "POP DIRECTIONAL FORMATTING"], 0x202d: ["LRO", "LEFT-TO-RIGHT OVERRIDE"],
  0x202e: ["RLO", "RIGHT-TO-LEFT OVERRIDE"], 0x202f: ["NNBSP", "NARROW NO-BREAK SPACE"],
  0x205f: ["MMSP", "MEDIUM MATHEMATICAL SPACE"], 0x2060: ["WJ", "WORD JOINER"],
  0x2061: ["FA", "FUNCTION APPLICATION"], 0x2062: ["IT", "INVISIBLE TIMES"], 0x2063: ["IS", "INVISIBLE SEPARATOR"],
  0x2064: ["IP", "INVISIBLE PLUS"], 0x2066: ["LRI", "LEFT-TO-RIGHT ISOLATE"], 0x2067: ["RLI", "RIGHT-TO-LEFT ISOLATE"],
  0x2068: ["FSI", "FIRST STRONG ISOLATE"], 0x2069: ["PDI", "POP DIRECTIONAL ISOLATE"],
  0x206a: ["ISS", "INHIBIT SYMMETRIC SWAPPING"], 0x206b: ["ASS", "ACTIVATE SYMMETRIC SWAPPING"],
  0x206c: ["IAFS", "INHIBIT ARABIC FORM SHAPING"], 0x206d: ["AAFS", "ACTIVATE ARABIC FORM SHAPING"],
  0x206e: ["NADS", "NATIONAL DIGIT SHAPES"], 0x206f: ["NODS", "NOMINAL DIGIT SHAPES"],
  0x2800: ["BLANK", "BRAILLE PATTERN BLANK"], 0x3000: ["IDSP", "IDEOGRAPHIC SPACE"], 0x3164: ["HF", "HANGUL FILLER"],
  0xfeff: ["BOM", "ZERO WIDTH NO-BREAK SPACE"], 0xffa0: ["HWHF", "HALFWIDTH HANGUL FILLER"],
  0xfff9: ["IAA", "INTERLINEAR ANNOTATION ANCHOR"], 0xfffa: ["IAS", "INTERLINEAR ANNOTATION SEPARATOR"],
  0xfffb: ["IAT", "INTERLINEAR ANNOTATION TERMINATOR"], 0xfffc: ["OBJ", "OBJECT REPLACEMENT CHARACTER"],
  0xe0001: ["LTAG", "LANGUAGE TAG"], 0xe007f: ["CTAG", "CANCEL TAG"],
};

/** A class of a regular expression with flag `u`: everything that a reader would not see or would take for a space. */
export const HIDDEN = "\\u{0}-\\u{8}\\t\\u{B}\\u{C}\\r\\u{E}-\\u{1F}\\u{7F}-\\u{A0}\\u{AD}\\u{34F}\\u{61C}\\u{115F}" +
  "\\u{1160}\\u{1680}\\u{17B4}\\u{17B5}\\u{180B}-\\u{180F}\\u{2000}-\\u{200F}\\u{2028}-\\u{202F}\\u{205F}-\\u{206F}" +
  "\\u{2800}\\u{3000}\\u{3164}\\u{FE00}-\\u{FE0F}\\u{FEFF}\\u{FFA0}\\u{FFF0}-\\u{FFFC}\\u{1BCA0}-\\u{1BCA3}" +
  "\\u{1D173}-\\u{1D17A}\\u{E0000}-\\u{E0FFF}\\p{Cs}\\p{Co}";

export function codePoint(scalar) {
  return `U+${scalar.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** `short` for a mark in the text, `name` in full. */
export function nameOf(scalar) {
  const known = NAMES[scalar];
  if (known) return { short: known[0], name: `${codePoint(scalar)} ${known[1]}` };
  const code = codePoint(scalar);
  const named = (short, name) => ({ short, name: `${code} ${name}` });
  if (scalar < 0x20 || (scalar >= 0x80 && scalar < 0xa0)) return named(code, "CONTROL CHARACTER");
  if (scalar >= 0xfe00 && scalar <= 0xfe0f) {
    return named(`VS${scalar - 0xfe00 + 1}`, `VARIATION SELECTOR-${scalar - 0xfe00 + 1}`);
  }
  if (scalar >= 0xe0100 && scalar <= 0xe01ef) {
    return named(`VS${scalar - 0xe0100 + 17}`, `VARIATION SELECTOR-${scalar - 0xe0100 + 17}`);
  }
  if (scalar >= 0xe0020 && scalar <= 0xe007e) return named("TAG", `TAG ${String.fromCodePoint(scalar - 0xe0000)}`);
  if (scalar >= 0xd800 && scalar <= 0xdfff) return named(code, "HALF A SURROGATE PAIR");
  if ((scalar >= 0xe000 && scalar <= 0xf8ff) || scalar >= 0xf0000) return named(code, "PRIVATE USE");
  return named(code, "INVISIBLE CHARACTER");
}

"""####),
ViewerFile(name: "comparison.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
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

"""####),
ViewerFile(name: "conversation.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// An event as people read it: who said what, which tools were called, what came back.

import { h } from "/viewer/dom.js";
import { read } from "/viewer/reading.js";
import { block, line } from "/viewer/text.js";
import { plural } from "/viewer/format.js";

const SHOWN = 6;

/** The nodes of an event's content. Of a long history the newest messages are open. */
export function conversation(event) {
  const { messages } = read(event);
  if (messages.length === 0) return [h("p", { class: "quiet-text" }, "This event has no content.")];
  const system = event.metadata?.systemPrompt;
  const nodes = [];
  const isRequest = event.eventType === "user_message" || event.eventType === "tool_result";
  const hasSystem = messages.some((each) => each.role === "system" || each.role === "developer");
  if (isRequest && typeof system === "string" && system !== "" && !hasSystem) {
    nodes.push(h("details", { class: "said role-system" }, h("summary", {}, "system"), block(system)));
  }
  if (messages.length <= SHOWN) return nodes.concat(messages.map(message));
  const earlier = messages.slice(0, -SHOWN);
  const box = h("details", { class: "earlier" }, h("summary", {}, `${plural(earlier.length, "earlier message")}`));
  box.addEventListener("toggle", () => {
    if (box.open && box.childElementCount === 1) box.append(...earlier.map(message));
  });
  return [...nodes, box, ...messages.slice(-SHOWN).map(message)];
}

function message({ role, blocks }) {
  const known = ["user", "assistant", "system", "developer", "tool", "error", "input", "output"];
  const tone = known.includes(role) ? role : "other";
  return h("section", { class: `said role-${tone}` },
    h("h4", {}, line(String(role), 40)),
    blocks.length === 0 ? h("p", { class: "quiet-text" }, "empty") : blocks.map(part));
}

function part(each) {
  switch (each.kind) {
    case "text":
      return [each.note ? h("span", { class: "chip note" }, each.note) : null, block(each.text)];
    case "thinking":
      return h("div", { class: "thought" }, h("span", { class: "chip" }, each.note || "thinking"), each.text ? block(each.text) : null);
    case "call":
      return h("div", { class: "tool-box" },
        h("div", { class: "tool-head" }, "calls ", h("b", {}, line(each.name, 80)), id(each.id)), value(each.value));
    case "result":
      return h("div", { class: "tool-box" },
        h("div", { class: "tool-head" }, "result", each.name ? [" of ", h("b", {}, line(String(each.name), 80))] : null,
          each.note ? h("span", { class: "chip note" }, each.note) : null, id(each.id)),
        value(each.value));
    case "error":
      return h("div", { class: "fault" },
        each.note ? h("span", { class: "chip note" }, line(String(each.note), 80)) : null, block(each.text),
        each.stack ? block(each.stack, { class: "code" }) : null);
    case "media":
      return h("p", { class: "quiet-text" }, `${each.text}: see Content`);
    default:
      return value(each.value);
  }
}

function id(value) {
  return typeof value === "string" ? h("span", { class: "tool-id" }, line(value, 40)) : null;
}

function value(any) {
  if (any === undefined) return null;
  return block(typeof any === "string" ? any : JSON.stringify(any, null, 2), { class: "code" });
}

"""####),
ViewerFile(name: "dom.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// Elements are built here and nowhere else: text becomes text nodes, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** Attributes that may be set; whatever could run code or load something is not among them. */
const ATTRIBUTES = new Set([
  "class", "id", "title", "type", "name", "value", "placeholder", "role", "tabindex", "dir", "lang", "for", "list",
  "autocomplete", "spellcheck", "maxlength", "rows", "colspan", "scope", "open", "disabled", "checked", "selected",
  "hidden", "href", "min", "max", "inputmode", "enterkeyhint",
]);

/**
 * An element. `props` are attributes, `aria-` and `data-` ones included, and `onclick` and the like as functions;
 * `children` are nodes, strings, or nothing.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else set(element, name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function set(element, name, value) {
  const isKnown = ATTRIBUTES.has(name) || name.startsWith("aria-") || name.startsWith("data-");
  if (!isKnown) throw new TypeError(`attribute ${name} is not allowed`);
  // Links stay inside the page.
  if (name === "href" && !value.startsWith("#")) throw new TypeError("links lead to places of this page");
  element.setAttribute(name, value);
}

export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child);
  }
  return element;
}

/** Replaces everything inside `element`. */
export function fill(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

/** A part of a drawing; the values are this page's own numbers and names, never what was captured. */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Calls `action` once, when the calls have ceased for `milliseconds`. */
export function debounce(milliseconds, action) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), milliseconds);
  };
}

/** Calls `action` at most once for each frame of the screen. */
export function perFrame(action) {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      action();
    });
  };
}

"""####),
ViewerFile(name: "empty.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// What the list says when it has no traces.

import { h } from "/viewer/dom.js";
import { go } from "/viewer/router.js";
import { thread } from "/viewer/icons.js";

export function nothingYet() {
  return h("div", { class: "empty" }, thread(),
    h("h2", {}, "No traces yet"),
    h("p", {}, "Send an agent's model calls through the proxy, or events to this service. Each conversation shows up here as it happens."),
    h("pre", { class: "snippet" }, "export OPENAI_BASE_URL=http://127.0.0.1:8080/v1\nexport OPENAI_API_KEY=$WHYOPS_API_KEY"),
    h("p", { class: "quiet-text" }, "Requests need a header ", h("code", {}, "X-Agent-Name"), " with the agent's name."));
}

export function nothingFound() {
  return h("div", { class: "empty" }, thread(),
    h("h2", {}, "Nothing matches"),
    h("p", {}, "No trace of this environment has all that you asked for."),
    h("button", { class: "button", type: "button", onclick: () => go(["traces"]) }, "Clear the filters"));
}

"""####),
ViewerFile(name: "filters.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
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

"""####),
ViewerFile(name: "findings.css", mediaType: "text/css; charset=utf-8", text: ####"""
/* Findings: the count in a trace's head, the list, the marks. */

.flag { display: inline-block; flex: none; width: 9px; height: 9px; margin: 0 3px; border: 1.5px solid var(--flag); border-radius: 2px; background: var(--flag); transform: rotate(45deg); }
.flag.critical, .flag.high { --flag: var(--error); }
.flag.medium { --flag: var(--tool); }
.flag.low { --flag: var(--ink-3); background: none; }
.views { display: flex; align-items: center; }
.finding-count {
  display: inline-flex; gap: 6px; align-items: center; min-height: 30px; margin: 0 12px 0 auto; padding: 0 8px 0 10px; border: 1px solid var(--line); border-radius: 8px; background: none;
  color: var(--ink-2); font: inherit; font-size: 13px; font-weight: 550; font-variant-numeric: tabular-nums; white-space: nowrap;
}
button.finding-count { cursor: pointer; }
button.finding-count:hover, .finding-count[aria-expanded="true"] { border-color: var(--line-strong); color: var(--ink); }
.finding-count[aria-expanded="true"] { background: var(--sunk); }
.finding-count .icon { width: 14px; height: 14px; color: var(--ink-3); }
.finding-count.none { padding: 0; border: 0; color: var(--ink-3); font-weight: 400; }

.findings { flex: none; max-height: min(34vh, 320px); overflow: auto; border-bottom: 1px solid var(--line); background: var(--panel); overscroll-behavior: contain; }
.finding-list { margin: 0; padding: 6px 12px; list-style: none; }
.finding {
  display: grid; width: 100%; min-height: 32px; padding: 5px 12px; border: 0; border-radius: 8px; background: none; color: var(--ink); font: inherit; font-size: 13px; line-height: 1.45;
  text-align: left; cursor: pointer; grid-template-columns: 22px 62px minmax(0, 1fr) auto 96px; gap: 0 10px; align-items: baseline; outline-offset: -2px;
}
.finding:hover { background: var(--sunk); }
.finding:disabled { cursor: default; }
.finding:disabled:hover { background: none; }
.finding .flag { align-self: center; }
.finding-severity { color: var(--ink-3); font-size: 12px; }
.finding.critical .finding-severity, .finding.high .finding-severity { color: var(--error); font-weight: 600; }
.finding.medium .finding-severity { color: var(--tool); font-weight: 600; }
.finding-says { overflow-wrap: anywhere; }
.finding-code { overflow: hidden; color: var(--ink-3); font-size: 11px; text-overflow: ellipsis; white-space: nowrap; }
.finding-step { color: var(--ink-2); font-size: 12px; font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
.finding-rest { padding: 0 24px 10px 56px; font-size: 12.5px; }
/* In the margin, so that the words of all rows begin at one place. */
.event > .flag { position: absolute; top: 15px; left: 0; width: 8px; height: 8px; }
.event-findings { display: grid; gap: 6px; margin-bottom: 14px; padding: 10px 12px; border-radius: 10px; background: var(--sunk); font-size: 13px; line-height: 1.4; }
.event-findings li { display: flex; gap: 8px; align-items: baseline; overflow-wrap: anywhere; }

@media (max-width: 760px) {
  .findings { max-height: 42vh; }
  .finding-list { padding: 4px; }
  .finding { padding: 8px 12px; grid-template-columns: 22px minmax(0, 1fr) auto; gap: 1px 6px; }
  .finding-severity { display: none; }
  .finding-code { grid-column: 2; grid-row: 2; }
  .finding-step { grid-column: 3; grid-row: 2; }
  .finding-says { grid-column: 2 / -1; }
  .finding-rest { padding: 0 16px 10px 44px; }
}

"""####),
ViewerFile(name: "findings.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
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

"""####),
ViewerFile(name: "format.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// Numbers and times as people read them.

const count = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** `12,345`; what is not there is nothing. */
export function number(value) {
  return typeof value === "number" ? count.format(value) : "";
}

/** `12.3K` */
export function compact(value) {
  if (typeof value !== "number") return "";
  return value < 10000 ? count.format(value) : short.format(value);
}

/** Milliseconds as `840 ms`, `4.2 s`, `3 m 20 s`, `5 h 2 m`, `3 d`. */
export function duration(value) {
  if (typeof value !== "number") return "";
  const ms = Math.abs(value);
  const sign = value < 0 ? "-" : "";
  if (ms < 1000) return `${sign}${Math.round(ms)} ms`;
  if (ms < 10000) return `${sign}${(ms / 1000).toFixed(1)} s`;
  if (ms < 59500) return `${sign}${Math.round(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  if (seconds < 86400) return `${sign}${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} m`;
  return `${sign}${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

/** `just now`, `4 min ago`, `3 h ago`, else the day. */
export function ago(stamp, now = Date.now()) {
  const time = Date.parse(stamp);
  if (Number.isNaN(time)) return "";
  const seconds = Math.max(0, (now - time) / 1000);
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 7 * 86400) return `${Math.floor(seconds / 86400)} d ago`;
  return new Date(time).toLocaleDateString("en", { year: "numeric", month: "short", day: "numeric" });
}

/** The moment in the reader's own time, to the millisecond. */
export function moment(stamp) {
  const time = new Date(stamp);
  if (Number.isNaN(time.getTime())) return String(stamp ?? "");
  const two = (value) => String(value).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ` +
    `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}` +
    `.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

/** US dollars, with as many digits as a small sum needs. */
export function dollars(value) {
  if (typeof value !== "number") return "";
  if (value === 0) return "$0";
  return value < 0.01 ? `$${value.toPrecision(2)}` : `$${value.toFixed(value < 1 ? 3 : 2)}`;
}

/** A long id with its middle left out. */
export function brief(id, length = 13) {
  const scalars = Array.from(id);
  return scalars.length <= length + 3 ? id : `${scalars.slice(0, length).join("")}…`;
}

/** `1 event`, `2 events` */
export function plural(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

"""####),
ViewerFile(name: "graph.css", mediaType: "text/css; charset=utf-8", text: ####"""
/* The graph of spans. */

.graph { position: relative; background-image: radial-gradient(var(--line) 1px, transparent 1px); background-attachment: local; background-size: 20px 20px; }
.graph-body { position: relative; min-width: 100%; }
.edges { position: absolute; top: 0; left: 0; pointer-events: none; }
.edge { stroke: var(--line-strong); stroke-width: 1.75; }
.edge.join { stroke-dasharray: 4 4; }
.card {
  position: absolute; top: 0; left: 0; display: flex; flex-direction: column; justify-content: center; width: 216px; height: 68px; padding: 0 12px 0 15px; overflow: hidden;
  border: 1px solid var(--line-strong); border-radius: 10px; background: var(--panel); color: var(--ink); font: inherit; text-align: left; cursor: pointer;
}
.card::before { position: absolute; top: 0; bottom: 0; left: 0; width: 4px; background: var(--tone); content: ""; }
.card:hover { border-color: var(--ink-3); }
.card.selected { border-color: var(--accent); box-shadow: 0 0 0 2px var(--accent); }
.card-head { display: flex; gap: 8px; align-items: baseline; min-width: 0; font-size: 13px; line-height: 1.35; }
.card-head b { overflow: hidden; flex: 1; color: var(--tone); text-overflow: ellipsis; white-space: nowrap; }
.card-step { flex: none; color: var(--ink-3); font-size: 11px; font-variant-numeric: tabular-nums; }
.card-said { overflow: hidden; min-height: 18px; color: var(--ink-2); font-size: 12px; text-overflow: ellipsis; white-space: nowrap; }
.card-figures { display: flex; gap: 10px; overflow: hidden; min-height: 16px; color: var(--ink-3); font-size: 11px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.card-figures > * { flex: none; }
.card-figures > :last-child { overflow: hidden; flex: 0 1 auto; min-width: 0; text-overflow: ellipsis; }
.card-figures .bad { color: var(--error); }

"""####),
ViewerFile(name: "graph.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
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

"""####),
ViewerFile(name: "help.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// The keys, in a window of their own.

import { h } from "/viewer/dom.js";
import { HELP } from "/viewer/keyboard.js";

export function showHelp() {
  if (document.querySelector("dialog.help")) return;
  const dialog = h("dialog", { class: "help", "aria-labelledby": "help-title", onclose: () => dialog.remove() },
    h("h2", { id: "help-title" }, "Keys"),
    h("dl", { class: "keys" }, HELP.map(([keys, says]) => h("div", {},
      h("dt", {}, keys.map((key) => h("kbd", {}, key))), h("dd", {}, says)))),
    h("p", { class: "quiet-text" }, "Marks such as ", h("span", { class: "mark" }, "ZWSP"),
      " stand for characters that have no shape. Point at one for its full name."),
    h("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Close"));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}

"""####),
ViewerFile(name: "icon.svg", mediaType: "image/svg+xml; charset=utf-8", text: ####"""
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#1d5c53"/><path d="M6 20l5-8 5 8 5-8 5 8" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" stroke-dasharray="6.5 3"/></svg>

"""####),
ViewerFile(name: "icons.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// The few drawings of the page, as strokes.

import { draw } from "/viewer/dom.js";

const PATHS = {
  search: ["M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14z", "M20 20l-4-4"],
  close: ["M6 6l12 12", "M18 6L6 18"],
  up: ["M6 15l6-6 6 6"],
  down: ["M6 9l6 6 6-6"],
  back: ["M15 6l-6 6 6 6"],
  moon: ["M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.500 10.500z"],
  sun: ["M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8z", "M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600L19 19M5 19l1.400-1.400M17.600 6.400L19 5"],
  help: ["M9.500 9a2.500 2.500 0 1 1 3.600 2.200c-.8.400-1.100 1-1.100 1.800", "M12 17v.01"],
  leave: ["M10 5H6a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h4", "M14 8l4 4-4 4M18 12H9"],
};

export function icon(name) {
  return draw("svg", { viewBox: "0 0 24 24", width: 18, height: 18, class: "icon", "aria-hidden": "true" },
    ...PATHS[name].map((d) => draw("path", { d })));
}

/** The mark of the product: a stitch. */
export function stitch(width, height) {
  return draw("svg", { viewBox: "0 0 32 20", width, height, class: "stitch-mark", "aria-hidden": "true" },
    draw("path", { d: "M3 15l6.500-10 6.500 10 6.500-10 6.500 10", fill: "none" }));
}

/** A thread between traces that are not there yet. */
export function thread() {
  return draw("svg", { viewBox: "0 0 280 90", class: "thread", "aria-hidden": "true" },
    draw("path", { d: "M8 60C52 8 78 8 104 46s58 42 84 4 50-36 84-8", fill: "none" }),
    draw("circle", { cx: 8, cy: 60, r: 5 }), draw("circle", { cx: 104, cy: 46, r: 5 }),
    draw("circle", { cx: 188, cy: 50, r: 5 }), draw("circle", { cx: 272, cy: 42, r: 5 }));
}

"""####),
ViewerFile(name: "index.html", mediaType: "text/html; charset=utf-8", text: ####"""
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>WhyOps</title>
<link rel="icon" href="/viewer/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/viewer/base.css">
<link rel="stylesheet" href="/viewer/shell.css">
<link rel="stylesheet" href="/viewer/list.css">
<link rel="stylesheet" href="/viewer/trace.css">
<link rel="stylesheet" href="/viewer/findings.css">
<link rel="stylesheet" href="/viewer/graph.css">
<link rel="stylesheet" href="/viewer/payload.css">
<link rel="stylesheet" href="/viewer/agents.css">
<script type="module" src="/viewer/main.js"></script>
</head>
<body>
<div id="app"><noscript>The trace viewer needs JavaScript. The same data is at /api/threads.</noscript></div>
</body>
</html>

"""####),
ViewerFile(name: "inspector.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
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

"""####),
ViewerFile(name: "invisible.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// Cuts a text into what can be seen and what cannot.

import { HIDDEN, nameOf, codePoint } from "/viewer/characters.js";
import { readV1, readV2, selectorByte } from "/viewer/signature.js";

const SELECTORS = "[\\u{FE00}-\\u{FE0F}\\u{E0100}-\\u{E01EF}]";
const PICTURE = "\\p{Extended_Pictographic}\\u{FE0F}?\\p{Emoji_Modifier}?";
// The order is that of preference: a frame is no series of marks, and what makes one emoji is no hidden text.
const SCAN = new RegExp(
  "(?<v1>\\u200B[\\u200C\\u200D]{8,1024}\\u200E)" +
  `|(?<frame>\\u2060?${SELECTORS}{10,})` +
  // The flags of England, Scotland and Wales are a black flag and tags.
  "|(?<emoji>\\u{1F3F4}[\\u{E0061}-\\u{E007A}\\u{E0030}-\\u{E0039}]{3,6}\\u{E007F}" +
  `|${PICTURE}(?:\\u200D${PICTURE})+|\\p{Extended_Pictographic}\\u{FE0F}\\p{Emoji_Modifier}?|[0-9#*]\\u{FE0F}\\u{20E3})` +
  "|(?<tags>[\\u{E0001}\\u{E0020}-\\u{E007F}]{2,})" +
  `|(?<mark>[${HIDDEN}])`,
  "gu",
);
const ANY = new RegExp(`[${HIDDEN}]`, "u");

/** Whether every character of a text can be seen. */
export function isPlain(text) {
  return !ANY.test(text);
}

/**
 * The parts of a text in order, which joined give it back:
 * `{kind: "text", value}`, `{kind: "mark", value, short, name}`, `{kind: "emoji", value, name}`,
 * `{kind: "signature", value, version, traceId, keyId}`, `{kind: "hidden", value, name, says}`.
 */
export function parts(text) {
  if (isPlain(text)) return text === "" ? [] : [{ kind: "text", value: text }];
  const found = [];
  let from = 0;
  const plain = (to) => {
    if (to > from) found.push({ kind: "text", value: text.slice(from, to) });
  };
  for (const match of text.matchAll(SCAN)) {
    const part = partOf(match[0], match.groups);
    plain(match.index);
    found.push(...part);
    from = match.index + match[0].length;
  }
  plain(text.length);
  return found;
}

function partOf(value, groups) {
  if (groups.v1) {
    const frame = readV1(value);
    return frame ? [{ kind: "signature", value, ...frame }] : marks(value);
  }
  if (groups.frame) return selectors(value);
  if (groups.emoji) return [{ kind: "emoji", value, name: `One character, held together by ${listOf(value)}` }];
  if (groups.tags) {
    const says = Array.from(value, (one) => one.codePointAt(0) - 0xe0000).map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "").join("");
    return [{ kind: "hidden", value, name: `${Array.from(value).length} tag characters`, says }];
  }
  return marks(value);
}

function selectors(value) {
  const bytes = Array.from(value.replace("\u2060", ""), (one) => selectorByte(one.codePointAt(0)));
  const frame = readV2(bytes);
  if (frame) return [{ kind: "signature", value, isBare: !value.startsWith("\u2060"), ...frame }];
  const isText = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  const says = isText ? String.fromCharCode(...bytes) : bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const hidden = { kind: "hidden", value, name: `${bytes.length} variation selectors`, says };
  return [hidden];
}

function marks(value) {
  return Array.from(value, (one) => ({ kind: "mark", value: one, ...nameOf(one.codePointAt(0)) }));
}

function listOf(value) {
  const hidden = Array.from(value).filter((one) => ANY.test(one));
  return [...new Set(hidden)].map((one) => codePoint(one.codePointAt(0))).join(", ");
}

/**
 * What a text hides, counted: `{signatures: [part], hidden: [part], marks: Map(name -> {short, count})}`.
 * Tabs, and what holds an emoji together, hide nothing.
 */
export function survey(texts) {
  const result = { signatures: [], hidden: [], marks: new Map() };
  for (const text of texts) {
    if (isPlain(text)) continue;
    for (const part of parts(text)) {
      if (part.kind === "signature") result.signatures.push(part);
      else if (part.kind === "hidden") result.hidden.push(part);
      else if (part.kind === "mark" && part.value !== "\t" && part.value !== "\r") {
        const entry = result.marks.get(part.name) ?? { short: part.short, count: 0 };
        entry.count += 1;
        result.marks.set(part.name, entry);
      }
    }
  }
  return result;
}

"""####),
ViewerFile(name: "json.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// Reads JSON without changing it: numbers keep their spelling, members their order, and repeated names stay.

/** A number as it was written. */
export class Numeral {
  constructor(text) {
    this.text = text;
  }
}

/** An object's members in order, as pairs. */
export class Members {
  constructor(pairs) {
    this.pairs = pairs;
  }

  /** The last value of a name. */
  get(name) {
    return this.pairs.findLast(([key]) => key === name)?.[1];
  }
}

const TOKEN = /[ \t\n\r]*(?:([{}[\]:,])|"((?:[^"\\]|\\.)*)"|(-?[0-9][0-9.eE+-]*)|(true|false|null))/y;
const DEEPEST = 2000;

/** The value of a JSON text that the service has already checked; throws `SyntaxError` for what is none. */
export function parse(text) {
  TOKEN.lastIndex = 0;
  const stack = [];
  let name;
  let result;
  for (;;) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new SyntaxError(`no JSON at ${at}`);
    const [, sign, string, numeral, word] = match;
    const top = stack.at(-1);
    let value;
    if (sign === "{" || sign === "[") {
      if (stack.length > DEEPEST) throw new SyntaxError("too deep");
      stack.push({ value: sign === "{" ? new Members([]) : [], name });
      name = undefined;
      continue;
    } else if (sign === "}" || sign === "]") {
      const closed = stack.pop();
      if (!closed) throw new SyntaxError(`no JSON at ${at}`);
      name = closed.name;
      value = closed.value;
    } else if (sign) {
      continue;
    } else if (string !== undefined) {
      value = string.includes("\\") ? JSON.parse(`"${string}"`) : string;
      if (top?.value instanceof Members && name === undefined) {
        name = value;
        continue;
      }
    } else if (numeral) {
      value = new Numeral(numeral);
    } else {
      value = word === "null" ? null : word === "true";
    }
    const parent = stack.at(-1)?.value;
    if (parent instanceof Members) parent.pairs.push([name, value]);
    else if (parent) parent.push(value);
    else {
      result = value;
      break;
    }
    name = undefined;
  }
  return result;
}

/** The same as plain JavaScript values, for looking into. */
export function plain(value) {
  if (value instanceof Numeral) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Members) {
    const object = Object.create(null);
    for (const [name, member] of value.pairs) object[name] = plain(member);
    return object;
  }
  return value;
}

/** As text with indents, numbers as they were written. */
export function print(value, indent = "") {
  const inner = `${indent}  `;
  if (value instanceof Numeral) return value.text;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((item) => inner + print(item, inner)).join(",\n")}\n${indent}]`;
  }
  if (value instanceof Members) {
    if (value.pairs.length === 0) return "{}";
    const members = value.pairs.map(([name, member]) => `${inner}${JSON.stringify(name)}: ${print(member, inner)}`);
    return `{\n${members.join(",\n")}\n${indent}}`;
  }
  return JSON.stringify(value);
}

/** Every string of a value, names included. */
export function* strings(value) {
  if (typeof value === "string") yield value;
  else if (Array.isArray(value)) for (const item of value) yield* strings(item);
  else if (value instanceof Members) {
    for (const [name, member] of value.pairs) {
      yield name;
      yield* strings(member);
    }
  }
}

"""####),
ViewerFile(name: "keyboard.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// Keys. A page offers what it can do by name; keys of fields and of the browser stay theirs.

const KEYS = {
  j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous", Enter: "open", "/": "search", Escape: "leave", "?": "help",
  1: "timeline", 2: "graph", t: "theme", f: "findings", Home: "first", End: "last", PageDown: "pageDown", PageUp: "pageUp",
};

/** What can be pressed, for the help. */
export const HELP = [
  [["j", "k"], "Next, previous"],
  [["Enter"], "Open what is selected"],
  [["Esc"], "Close, go back"],
  [["/"], "Search"],
  [["1", "2"], "Timeline, graph"],
  [["f"], "Findings of a trace"],
  [["Home", "End"], "First, last"],
  [["t"], "Light or dark"],
  [["?"], "This help"],
];

/** `find(name)` gives the action of a name, or nothing. */
export function listen(find) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    const name = KEYS[event.key];
    if (!name) return;
    const inField = event.target.matches("input, select, textarea, summary, dialog, dialog *");
    if (inField && !(name === "leave" && event.target.matches("input, select, textarea"))) return;
    // A button or a link that has the focus is what Enter opens.
    if (name === "open" && event.target.matches("button:not(.row, .event, .card), a:not(.row)")) return;
    if (inField) {
      event.target.blur();
      return;
    }
    const action = find(name);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

"""####),
ViewerFile(name: "line-diff.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// The least lines that lead from one text to another.

const MOST = 4000;

/** `[{kind: "same" | "out" | "in", text}]` */
export function lineDiff(before, after) {
  const a = before === "" ? [] : before.split("\n");
  const b = after === "" ? [] : after.split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const same = (lines) => lines.map((text) => ({ kind: "same", text }));
  const middle = between(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return [...same(a.slice(0, start)), ...middle, ...same(a.slice(a.length - end))];
}

function between(a, b) {
  const all = () => [...a.map((text) => ({ kind: "out", text })), ...b.map((text) => ({ kind: "in", text }))];
  // The table grows with both lengths.
  if (a.length * b.length > MOST * MOST / 4) return all();
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = a[i] === b[j] ? longest[(i + 1) * width + j + 1] + 1
        : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  const lines = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: "same", text: a[i] });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
      lines.push({ kind: "out", text: a[i++] });
    } else {
      lines.push({ kind: "in", text: b[j++] });
    }
  }
  return lines;
}

"""####),
ViewerFile(name: "list.css", mediaType: "text/css; charset=utf-8", text: ####"""
/* The list of traces. */

.list-page, .agents-page { width: 100%; }
.list-head { display: flex; flex: none; flex-wrap: wrap; align-items: center; gap: 12px 24px; padding: 20px 24px 16px; }
.list-title { display: flex; align-items: baseline; gap: 12px; }
.list-count { color: var(--ink-3); font-size: 13px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.filters { display: flex; flex: 1; flex-wrap: wrap; align-items: center; justify-content: flex-end; gap: 8px; }
.filters .field { width: 150px; }
.filters select.field { width: 140px; padding-right: 4px; }
.days { display: inline-flex; gap: 8px; }
.search-box { position: relative; display: inline-flex; flex: 0 1 260px; align-items: center; color: var(--ink-3); }
.search-box .icon { position: absolute; left: 9px; width: 16px; pointer-events: none; }
.search-box .field { width: 100%; padding: 0 32px 0 32px; }
.search-box kbd { position: absolute; right: 8px; pointer-events: none; }
.search-box .field:focus ~ kbd { display: none; }
@media (hover: none) { .search-box kbd { display: none; } }
.toggle {
  display: inline-flex; align-items: center; gap: 7px; height: 34px; padding: 0 12px; border: 1px solid var(--line-strong); border-radius: 8px; background: var(--panel);
  color: var(--ink-2); font: inherit; cursor: pointer;
}
.toggle[aria-pressed="true"] { border-color: var(--error); background: color-mix(in srgb, var(--error) 9%, var(--panel)); color: var(--error); }
.error-dot { width: 8px; height: 8px; border-radius: 50%; background: var(--error); }

.columns, .row { display: grid; grid-template-columns: minmax(0, 1fr) minmax(90px, 170px) 70px 80px 84px 104px; gap: 16px; align-items: center; padding: 0 24px; }
.columns { flex: none; height: 32px; border-bottom: 1px solid var(--line); color: var(--ink-3); font-size: 12px; }
.columns span:nth-child(n + 3), .row-number, .row-time { text-align: right; }
.is-empty .columns { display: none; }
.row { position: relative; min-height: 62px; padding-top: 9px; padding-bottom: 9px; border-bottom: 1px solid var(--line); color: var(--ink); outline-offset: -2px; }
.row:hover, .row.selected { background: var(--panel); text-decoration: none; }
.row.selected::before, .row:focus-visible::before { position: absolute; top: 0; bottom: 0; left: 0; width: 3px; background: var(--accent); content: ""; }
.row.fresh { animation: fresh 2.5s; }
@keyframes fresh { 0% { background: var(--accent-soft); } }
.row.waiting { background: linear-gradient(var(--line), var(--line)) 24px 18px / 220px 9px no-repeat, linear-gradient(var(--line), var(--line)) 24px 37px / 45% 7px no-repeat; }
.row-main { display: flex; flex-direction: column; gap: 1px; min-width: 0; }
.row-agent { display: flex; align-items: center; gap: 9px; min-width: 0; white-space: nowrap; }
.row-agent b { overflow: hidden; text-overflow: ellipsis; }
.row-user { overflow: hidden; min-width: 0; color: var(--ink-2); text-overflow: ellipsis; }
.row-id { color: var(--ink-3); font-size: 12px; }
.row-said { overflow: hidden; color: var(--ink-2); text-overflow: ellipsis; white-space: nowrap; }
.row-model { overflow: hidden; color: var(--ink-2); font-size: 13px; text-overflow: ellipsis; white-space: nowrap; }
.row-number, .row-time { color: var(--ink-2); font-size: 13px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.list-foot { padding: 20px 24px 40px; text-align: center; }
.news {
  position: sticky; z-index: 2; top: 10px; display: block; margin: 0 auto -34px; padding: 6px 16px; border: 0; border-radius: 20px; background: var(--accent); color: var(--on-accent);
  font: inherit; font-weight: 550; box-shadow: var(--shadow); cursor: pointer;
}
.thread { width: 280px; height: 90px; margin-bottom: 20px; stroke: var(--line-strong); stroke-width: 2; stroke-dasharray: 7 6; stroke-linecap: round; }
.thread circle { fill: var(--paper); stroke: var(--accent); stroke-dasharray: none; }
.snippet { margin: 0 0 16px; padding: 12px 16px; border: 1px solid var(--line); border-radius: 10px; background: var(--panel); overflow-x: auto; text-align: left; font-size: 12.5px; }

@media (max-width: 900px) {
  .columns { display: none; }
  .list-head { padding: 16px; }
  .filters { flex-basis: 100%; justify-content: flex-start; }
  .filters .field, .filters select.field { flex: 1 1 104px; width: auto; }
  .search-box { flex: 1 1 100%; }
  .rows { border-top: 1px solid var(--line); }
  .row { grid-template-columns: minmax(0, 1fr) auto auto auto auto; gap: 2px 12px; padding: 11px 16px; }
  .row-main { grid-column: 1 / -1; }
  .row-agent { flex-wrap: nowrap; }
  .row-id { margin-left: auto; }
  .row-said { display: -webkit-box; overflow: hidden; white-space: normal; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
  .row-model { font-size: 12px; color: var(--ink-3); }
  .row-number, .row-time { font-size: 12px; color: var(--ink-3); }
  .row-number[data-label]::after { content: " " attr(data-label); }
  .row-number.none { display: none; }
  .row-time { grid-column: 5; }
  .toggle { flex: 1 1 104px; justify-content: center; white-space: nowrap; }
  .row.waiting { min-height: 84px; background-position: 16px 18px, 16px 40px; }
}

"""####),
ViewerFile(name: "list.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
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

"""####),
ViewerFile(name: "live.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// Server-sent events, read by fetch since an EventSource cannot send the key in a header.

import { headers } from "/viewer/api.js";

const POLL = 5000;
const LONGEST_WAIT = 30000;

/**
 * Follows the environment's traces until `signal` aborts.
 * `onTrace` gets each new or changed trace, `onGap` is told to read the list anew, `onState` gets "live", "polling" or
 * "waiting". A service without the stream is asked again and again instead: `onGap` at every interval.
 */
export async function follow({ signal, onTrace, onGap, onState }) {
  let last = "";
  let wait = 1000;
  while (!signal.aborted) {
    try {
      const response = await fetch("/api/threads/stream", {
        headers: headers(last ? { Accept: "text/event-stream", "Last-Event-ID": last } : { Accept: "text/event-stream" }),
        signal, cache: "no-store", credentials: "omit",
      });
      const type = response.headers.get("Content-Type") ?? "";
      if (response.ok && type.startsWith("text/event-stream")) {
        onState("live");
        for await (const event of events(response.body)) {
          wait = 1000;
          if (event.id) last = event.id;
          if (event.name === "trace") onTrace(JSON.parse(event.data));
          if (event.name === "gap") onGap();
        }
      } else if (response.status === 404) {
        return poll({ signal, onGap, onState });
      } else if (response.status === 401) {
        return;
      }
    } catch (fault) {
      if (fault.name === "AbortError") return;
    }
    onState("waiting");
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
}

async function poll({ signal, onGap, onState }) {
  onState("polling");
  while (!signal.aborted) {
    await pause(POLL, signal);
    if (!signal.aborted && document.visibilityState === "visible") onGap();
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

/** The events of a stream of bytes: `{name, data, id}`. Lines end with LF, CRLF or CR. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = { name: "message", data: [], id: "" };
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    // A CR at the end may be half a CRLF.
    const end = rest.endsWith("\r") ? rest.length - 1 : rest.length;
    const lines = rest.slice(0, end).split(/\r\n|\n|\r/);
    rest = lines.pop() + rest.slice(end);
    for (const line of lines) {
      if (line === "") {
        if (event.data.length > 0) yield { ...event, data: event.data.join("\n") };
        event = { name: "message", data: [], id: event.id };
        continue;
      }
      const at = line.indexOf(":");
      const name = at < 0 ? line : line.slice(0, at);
      const text = at < 0 ? "" : line.slice(at + 1).replace(/^ /, "");
      if (name === "event") event.name = text;
      else if (name === "data") event.data.push(text);
      else if (name === "id") event.id = text;
    }
  }
}

"""####),
ViewerFile(name: "main.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// The page: what stands in the address is what is shown.

import { h, fill } from "/viewer/dom.js";
import { hasRoute } from "/viewer/api.js";
import { key, onSignOut, signOut } from "/viewer/session.js";
import { link, place } from "/viewer/router.js";
import { listen } from "/viewer/keyboard.js";
import { showHelp } from "/viewer/help.js";
import { icon, stitch } from "/viewer/icons.js";
import { isDark, restore, toggle } from "/viewer/theme.js";
import { signInPage } from "/viewer/sign-in.js";
import { ListPage } from "/viewer/list.js";
import { TracePage } from "/viewer/trace.js";
import { AgentPage, AgentsPage } from "/viewer/agents.js";

const STATES = { live: "Live", polling: "Every 5 s", waiting: "Reconnecting" };

const app = document.getElementById("app");
let page;
// Why nobody is signed in; it stays until somebody is, wherever in the page they go meanwhile.
let farewell = "";

function show() {
  const { path, query } = place();
  page?.close();
  document.title = path[0] === "traces" && path[1] ? `${path[1].slice(0, 60)} · WhyOps` : "WhyOps";
  if (!key()) {
    signInAgain();
    return;
  }
  farewell = "";
  const onState = (state) => showState(state);
  if (path[0] === "traces" && path[1] !== undefined) page = new TracePage({ id: path.slice(1).join("/"), query, onState });
  else if (path[0] === "agents" && path[1] !== undefined) page = new AgentPage({ id: path[1], query });
  else if (path[0] === "agents") page = new AgentsPage();
  else page = new ListPage({ query, onState });
  fill(app, bar(path[0] ?? "traces"), page.element);
  showState("");
}

function bar(section) {
  const entry = (name, label) => h("a", { class: "nav", href: link([name]), "aria-current": name === section ? "page" : undefined }, label);
  const agents = entry("agents", "Agents");
  agents.hidden = true;
  hasRoute("entities").then((is) => { agents.hidden = !is; });
  const theme = h("button", { class: "icon-button", type: "button", title: "Light or dark (t)", "aria-label": "Light or dark", onclick: () => changeTheme() }, icon(isDark() ? "sun" : "moon"));
  theme.id = "theme";
  return h("header", { class: "bar-top" },
    h("a", { class: "brand", href: link(["traces"]), "aria-label": "WhyOps, all traces" }, stitch(26, 17), h("span", {}, "WhyOps")),
    h("nav", { "aria-label": "Sections" }, entry("traces", "Traces"), agents),
    h("span", { class: "grow" }),
    h("span", { class: "state", id: "state", role: "status", hidden: true }),
    theme,
    h("button", { class: "icon-button", type: "button", title: "Keys (?)", "aria-label": "Keys", onclick: showHelp }, icon("help")),
    h("button", { class: "icon-button", type: "button", title: "Sign out", "aria-label": "Sign out", onclick: () => signOut() }, icon("leave")));
}

function showState(state) {
  const box = document.getElementById("state");
  if (!box) return;
  box.hidden = !STATES[state];
  box.className = `state ${state}`;
  fill(box, h("span", { class: "state-dot" }), STATES[state] ?? "");
}

function changeTheme() {
  toggle();
  const button = document.getElementById("theme");
  if (button) fill(button, icon(isDark() ? "sun" : "moon"));
}

function signInAgain() {
  page?.close();
  page = signInPage({ reason: farewell, onDone: show });
  fill(app, page.element);
  page.focus();
}

const general = { help: showHelp, theme: changeTheme };

restore();
onSignOut((reason) => {
  farewell = reason;
  signInAgain();
});
listen((name) => page?.actions?.[name] ?? general[name]);
addEventListener("hashchange", show);
show();

"""####),
ViewerFile(name: "payload.css", mediaType: "text/css; charset=utf-8", text: ####"""
/* One event: facts, reading, JSON, marks. */

.inspector { display: flex; flex: 0 0 clamp(380px, 40vw, 680px); flex-direction: column; min-width: 0; border-left: 1px solid var(--line); background: var(--panel); }
.inspector-head { flex: none; padding: 6px 10px 6px 20px; border-bottom: 1px solid var(--line); }
.inspector-title { display: flex; gap: 8px; align-items: center; }
.inspector-title .event-type { padding: 0; font-size: 14px; }
.inspector-body { flex: 1; min-height: 0; padding: 14px 20px 40px; overflow: auto; overscroll-behavior: contain; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(168px, 1fr)); gap: 10px 18px; margin-bottom: 16px; }
.facts > div { min-width: 0; }
.facts .wide { grid-column: 1 / -1; }
.ids summary { color: var(--ink-3); font-size: 12px; cursor: pointer; }
.ids > div { margin-top: 6px; }
.ids dd { font-family: var(--mono); font-size: 12px; }
.facts .wide a { display: block; }
.facts dt { color: var(--ink-3); font-size: 12px; line-height: 1.3; }
.facts dd { overflow-wrap: anywhere; font-size: 13px; line-height: 1.35; }
.unseen { margin-bottom: 16px; padding: 10px 14px; border-radius: 10px; background: var(--sunk); font-size: 13px; }
.unseen.warns { background: color-mix(in srgb, var(--error) 8%, var(--panel)); box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--error) 35%, transparent); }
.unseen h3 { margin-bottom: 4px; }
.unseen ul { columns: 2 200px; column-gap: 20px; }
.unseen li { break-inside: avoid; }
.unseen li { padding: 2px 0; color: var(--ink-2); font-size: 12.5px; overflow-wrap: anywhere; }
.inspector .tabs { margin: 0 -12px; }
.pane { position: relative; padding-top: 14px; border-top: 1px solid var(--line); }
.copy { position: absolute; top: 10px; right: 0; }

.captured { unicode-bidi: isolate; }
.block { overflow-wrap: anywhere; white-space: pre-wrap; tab-size: 4; }
.code { padding: 8px 12px; border-radius: 8px; background: var(--sunk); font-family: var(--mono); font-size: 12.5px; line-height: 1.55; }
.mark {
  display: inline-block; margin: 0 1px; padding: 0 3px; border-radius: 4px; background: var(--mark); color: var(--mark-ink); font: 600 10px/14px var(--mono); vertical-align: 1px;
  user-select: none; white-space: nowrap;
}
.mark.space { background: none; box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--mark-ink) 40%, transparent); font-weight: 500; }
.mark.sign { padding: 0 6px; border-radius: 9px; background: var(--accent-soft); color: var(--accent); font: 500 11px/17px var(--sans); white-space: normal; }
.mark.sign b { font-family: var(--mono); font-size: 10.5px; }
.mark.hidden-text { background: color-mix(in srgb, var(--error) 14%, transparent); color: var(--error); font: 500 12px/17px var(--sans); white-space: normal; overflow-wrap: anywhere; }
.joined { text-decoration: underline dotted color-mix(in srgb, var(--mark-ink) 60%, transparent); text-underline-offset: 3px; }
.more { display: block; margin-top: 6px; font-size: 12.5px; }

.said { margin-bottom: 14px; padding-left: 14px; border-left: 2px solid var(--line-strong); }
.said h4, .said summary, .earlier > summary { margin-bottom: 2px; color: var(--ink-3); font-size: 12px; font-weight: 600; }
.said summary, .earlier > summary { cursor: pointer; }
.earlier > summary { margin-bottom: 12px; color: var(--accent); }
.role-user { border-color: var(--user); }
.role-user h4 { color: var(--user); }
.role-assistant { border-color: var(--model); }
.role-assistant h4 { color: var(--model); }
.role-tool { border-color: var(--tool); }
.role-tool h4 { color: var(--tool); }
.role-error { border-color: var(--error); }
.role-error h4 { color: var(--error); }
.said > * + .block, .said > * + .tool-box { margin-top: 4px; }
.thought { color: var(--ink-2); font-style: italic; font-synthesis: style; }
.thought .chip { margin-bottom: 4px; font-style: normal; background: color-mix(in srgb, var(--thinking) 13%, transparent); color: var(--thinking); }
.tool-box { margin-top: 6px; }
.tool-head { display: flex; flex-wrap: wrap; gap: 6px; align-items: baseline; margin-bottom: 4px; color: var(--ink-2); font-size: 13px; }
.tool-head b { color: var(--tool); }
.tool-id { color: var(--ink-3); font-family: var(--mono); font-size: 11px; }
.fault .code { margin-top: 8px; }

.json { font-family: var(--mono); font-size: 12.5px; line-height: 1.55; }
.json-branch > summary { color: var(--ink-3); cursor: pointer; }
.json-list { margin-left: 4px; padding-left: 12px; border-left: 1px solid var(--line); }
.json-entry { display: flex; flex-wrap: wrap; gap: 0 8px; padding: 1px 0; }
.json-name { color: var(--user); overflow-wrap: anywhere; }
.json-name::after { color: var(--ink-3); content: ":"; }
.json-index { min-width: 18px; color: var(--ink-3); }
.json-value { flex: 1 1 60%; min-width: 0; overflow-wrap: anywhere; }
.json-value:has(> .json-branch), .json-value:has(> .json-long) { flex-basis: 100%; }
.json-string { color: var(--model); }
.json-long { padding: 4px 10px; border-radius: 6px; background: var(--sunk); color: var(--ink); }
.json-number { color: var(--thinking); }
.json-word { color: var(--tool); }

@media (max-width: 1000px) {
  .inspector { position: fixed; z-index: 5; inset: 0; flex: none; border: 0; }
  .inspector-head { padding: 8px 8px 8px 16px; }
  .inspector-body { padding: 14px 16px 40px; }
}

"""####),
ViewerFile(name: "payload.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
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

"""####),
ViewerFile(name: "reading.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// What an event says, from whichever of the shapes of spec/event.md its content has.

/** The names of the types on the page, and the class of their colour. */
export const TYPES = {
  user_message: { label: "User", tone: "user" },
  llm_response: { label: "Model", tone: "model" },
  llm_thinking: { label: "Thinking", tone: "thinking" },
  embedding_request: { label: "Embedding", tone: "embedding" },
  embedding_response: { label: "Vectors", tone: "embedding" },
  tool_call_request: { label: "Tool call", tone: "tool" },
  tool_call_response: { label: "Tool result", tone: "tool" },
  tool_call: { label: "Tool call", tone: "tool" },
  tool_result: { label: "Tool result", tone: "tool" },
  error: { label: "Error", tone: "error" },
};

export function typeOf(event) {
  return TYPES[event.eventType] ?? { label: String(event.eventType), tone: "other" };
}

/**
 * An event's content as people read it: `{messages: [{role, blocks}]}`, where a block is
 * `{kind: "text" | "thinking" | "call" | "result" | "media" | "error" | "other", text, name, id, value, note}`.
 */
export function read(event) {
  const content = event.content;
  switch (event.eventType) {
    case "llm_response": return { messages: reply(content) };
    case "llm_thinking": return { messages: [{ role: "assistant", blocks: [thinking(content)] }] };
    case "tool_call_request": case "tool_call": case "tool_call_response": return { messages: tool(event) };
    case "tool_result":
      if (Array.isArray(content)) return { messages: messages(content) };
      return { messages: [{ role: "tool", blocks: [{ kind: "result", name: content?.toolName, value: content?.output ?? content }] }] };
    case "error": return { messages: [{ role: "error", blocks: [fault(content)] }] };
    case "embedding_request": return { messages: [{ role: "input", blocks: inputs(content?.input) }] };
    case "embedding_response": return { messages: [{ role: "output", blocks: [{ kind: "other", value: content }] }] };
    default: return { messages: messages(content) };
  }
}

function messages(content) {
  if (typeof content === "string") return [{ role: "user", blocks: [{ kind: "text", text: content }] }];
  if (Array.isArray(content)) return content.map(message);
  if (Array.isArray(content?.messages)) return content.messages.map(message);
  if (typeof content?.text === "string") return [{ role: "user", blocks: [{ kind: "text", text: content.text }] }];
  if (content && "content" in content) return [message(content)];
  return content === undefined ? [] : [{ role: "user", blocks: [{ kind: "other", value: content }] }];
}

function message(item) {
  if (typeof item === "string") return { role: "user", blocks: [{ kind: "text", text: item }] };
  if (item === null || typeof item !== "object") return { role: "user", blocks: [{ kind: "other", value: item }] };
  if (item.type === "function_call_output") return { role: "tool", blocks: [{ kind: "result", id: item.call_id, value: item.output }] };
  if (item.type === "function_call") return { role: "assistant", blocks: [call(item)] };
  if (item.type === "reasoning") return { role: "assistant", blocks: [reasoning(item)] };
  const blocks = item.role === "tool"
    ? [{ kind: "result", id: item.tool_call_id, value: item.content }]
    : blocksOf(item.content);
  for (const each of item.tool_calls ?? item.toolCalls ?? []) blocks.push(call(each));
  return { role: typeof item.role === "string" ? item.role : "user", blocks };
}

function blocksOf(content) {
  if (content === null || content === undefined) return [];
  if (typeof content === "string") return content === "" ? [] : [{ kind: "text", text: content }];
  if (!Array.isArray(content)) return [{ kind: "other", value: content }];
  return content.map((part) => {
    if (typeof part === "string") return { kind: "text", text: part };
    switch (part?.type) {
      case "text": case "input_text": case "output_text": return { kind: "text", text: String(part.text ?? "") };
      case "thinking": case "redacted_thinking": return thinking(part);
      case "tool_use": case "server_tool_use": return call(part);
      case "tool_result": return { kind: "result", id: part.tool_use_id, value: textOf(part.content), note: part.is_error ? "failed" : "" };
      case "image": case "image_url": case "input_image": case "input_audio": case "document": case "file":
        return { kind: "media", text: part.type, value: part };
      default: return typeof part?.text === "string" ? { kind: "text", text: part.text } : { kind: "other", value: part };
    }
  });
}

function textOf(content) {
  const isText = Array.isArray(content) && content.every((part) => part?.type === "text" && typeof part.text === "string");
  return isText ? content.map((part) => part.text).join("\n") : content;
}

function reply(content) {
  if (content === null || typeof content !== "object") return messages(content);
  if (Array.isArray(content.choices)) return content.choices.map((choice) => message({ role: "assistant", ...choice?.message }));
  const blocks = blocksOf(content.content ?? content.text ?? null);
  if (Array.isArray(content.output)) return content.output.map(message);
  if (typeof content.refusal === "string") blocks.push({ kind: "text", text: content.refusal, note: "refusal" });
  for (const each of list(content.toolCalls ?? content.tool_calls)) blocks.push(call(each));
  if (blocks.length === 0 && !("content" in content) && !content.finishReason) blocks.push({ kind: "other", value: content });
  return [{ role: "assistant", blocks }];
}

function list(value) {
  return Array.isArray(value) ? value : [];
}

function call(item) {
  const inner = item?.function ?? item ?? {};
  let value = inner.arguments ?? inner.input;
  if (typeof value === "string") {
    try {
      value = JSON.parse(value);
    } catch { /* shown as it is */ }
  }
  return { kind: "call", name: String(inner.name ?? "tool"), id: item?.call_id ?? item?.id, value };
}

function thinking(content) {
  if (content?.type === "redacted_thinking") return { kind: "thinking", text: "", note: "redacted by the provider" };
  return { kind: "thinking", text: String(content?.thinking ?? "") };
}

function reasoning(item) {
  return { kind: "thinking", text: list(item.summary).map((part) => part?.text ?? "").join("\n") };
}

function tool(event) {
  const content = event.content ?? {};
  const name = event.metadata?.tool ?? content.toolName;
  const blocks = list(content.toolCalls ?? content.tool_calls).map(call);
  const result = content.toolResults ?? content.tool_results ?? content.result ?? content.output;
  if (event.eventType === "tool_call_response") blocks.length = 0;
  if (result !== undefined) blocks.push({ kind: "result", name: String(name ?? "tool"), value: result });
  if (blocks.length === 0) blocks.push({ kind: "other", value: event.content });
  return [{ role: "tool", blocks }];
}

function fault(content) {
  if (typeof content === "string") return { kind: "error", text: content };
  const inner = content?.error;
  const message = content?.message ?? (typeof inner === "string" ? inner : inner?.message);
  return {
    kind: "error",
    text: typeof message === "string" ? message : JSON.stringify(content),
    note: [content?.status, content?.code ?? inner?.type].filter((part) => part !== undefined).join(" "),
    stack: typeof content?.stack === "string" ? content.stack : "",
  };
}

function inputs(input) {
  if (typeof input === "string") return [{ kind: "text", text: input }];
  if (Array.isArray(input) && input.every((one) => typeof one === "string")) return input.map((text) => ({ kind: "text", text }));
  return [{ kind: "other", value: input }];
}

/** One line about an event: `{text, calls: [name], note}`. */
export function summary(event) {
  const said = read(event).messages;
  const isHistory = event.eventType === "user_message" || event.eventType === "tool_result";
  const blocks = (isHistory ? said.slice(-1) : said).flatMap((message) => message.blocks);
  const text = blocks.map((block) => block.text || "").filter(Boolean).join(" ");
  const calls = blocks.filter((block) => block.kind === "call").map((block) => block.name);
  const isTool = event.eventType.startsWith("tool_call");
  const results = blocks.filter((block) => block.kind === "result" || block.kind === "other" || (isTool && block.kind === "call"));
  const value = text || results.map((block) => typeof block.value === "string" ? block.value : JSON.stringify(block.value) ?? "").join(" ");
  const name = blocks.find((block) => block.kind === "result")?.name ?? "";
  return { text: value, calls, name, note: blocks.find((block) => block.note)?.note ?? "" };
}

"""####),
ViewerFile(name: "router.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// Places of this page as `#/traces/ID?view=graph`, so that each can be kept and sent to someone.

/** The place in the address: `path` in parts, `query` as an object. */
export function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  return {
    path: path.split("/").filter(Boolean).map(decoded),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a place, to be a link. */
export function link(path, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, value);
  }
  const text = search.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

export function go(path, query) {
  location.hash = link(path, query);
}

/** Changes the query of the place without another step in the history. */
export function adjust(query) {
  const now = place();
  const next = link(now.path, { ...now.query, ...query });
  if (next !== location.hash) history.replaceState(null, "", next);
}

"""####),
ViewerFile(name: "session.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// The API key. It lives in this tab's session storage alone: not in the address, the document, cookies or on disk
// beyond what the browser keeps to restore a tab.

const NAME = "whyops.key";
const listeners = new Set();

export function key() {
  return sessionStorage.getItem(NAME);
}

export function signIn(value) {
  sessionStorage.setItem(NAME, value);
}

/** Forgets the key and tells everyone; `reason` is shown where one signs in. */
export function signOut(reason = "") {
  sessionStorage.removeItem(NAME);
  for (const listener of listeners) listener(reason);
}

export function onSignOut(listener) {
  listeners.add(listener);
}

"""####),
ViewerFile(name: "shell.css", mediaType: "text/css; charset=utf-8", text: ####"""
/* The frame of the page, signing in, the help. */

#app { display: flex; flex-direction: column; height: 100dvh; overflow: hidden; }
main { display: flex; flex: 1; flex-direction: column; min-height: 0; min-width: 0; }
.scroller { flex: 1; min-height: 0; overflow: auto; overscroll-behavior: contain; }

.bar-top { display: flex; flex: none; align-items: center; gap: 4px; height: 52px; padding: 0 16px 0 20px; border-bottom: 1px solid var(--line); background: var(--panel); }
.brand { display: inline-flex; align-items: center; gap: 9px; margin-right: 18px; color: var(--ink); font-size: 16px; font-weight: 700; letter-spacing: -0.02em; }
.brand:hover { text-decoration: none; }
.brand.large { margin: 0 0 40px; font-size: 24px; }
.stitch-mark { flex: none; stroke: var(--accent); stroke-width: 3.4; stroke-linecap: round; stroke-linejoin: round; stroke-dasharray: 7.8 3.6; }
.bar-top nav { display: flex; gap: 2px; }
.nav { padding: 5px 11px; border-radius: 7px; color: var(--ink-2); font-weight: 550; }
.nav:hover { background: var(--sunk); text-decoration: none; }
.nav[aria-current] { background: var(--sunk); color: var(--ink); }
.state { display: inline-flex; align-items: center; gap: 7px; margin-right: 8px; color: var(--ink-3); font-size: 12px; white-space: nowrap; }
.state-dot { width: 7px; height: 7px; border-radius: 50%; background: var(--ink-3); }
.state.live .state-dot { animation: pulse 2.4s infinite; background: var(--model); }
.state.waiting .state-dot { background: var(--tool); }
@keyframes pulse { 0% { box-shadow: 0 0 0 0 color-mix(in srgb, var(--model) 55%, transparent); } 70%, 100% { box-shadow: 0 0 0 7px transparent; } }

.sign-in-page { align-items: center; justify-content: center; padding: 24px; overflow: auto; }
.sign-in { display: flex; flex-direction: column; width: 100%; max-width: 380px; margin: auto; padding-bottom: 8vh; }
.sign-in h1 { margin-bottom: 22px; text-wrap: balance; font-size: 26px; letter-spacing: -0.025em; }
.sign-in label { margin-bottom: 6px; color: var(--ink-2); font-size: 13px; font-weight: 550; }
.sign-in .field { height: 44px; font-family: var(--mono); font-size: 14px; }
.secret { -webkit-text-security: disc; }
.sign-in .button { min-height: 44px; margin-bottom: 22px; }
.sign-in .quiet-text { font-size: 13px; }
.form-note { min-height: 20px; margin: 6px 0 8px; color: var(--error); font-size: 13px; }

dialog.help {
  width: min(420px, calc(100vw - 32px)); padding: 24px 28px; border: 1px solid var(--line); border-radius: 14px; background: var(--panel); color: var(--ink);
  box-shadow: var(--shadow);
}
dialog.help::backdrop { background: rgb(20 18 14 / 45%); }
dialog.help h2 { margin-bottom: 14px; }
dialog.help p { margin-bottom: 18px; font-size: 13px; }
.keys { display: grid; gap: 8px; margin-bottom: 20px; }
.keys > div { display: flex; align-items: center; justify-content: space-between; }
.keys dt { display: flex; gap: 4px; order: 1; }
.keys dd { color: var(--ink-2); }

@media (max-width: 700px) {
  .bar-top { padding: 0 8px 0 14px; }
  .brand { margin-right: 6px; }
  .state { margin-right: 2px; font-size: 0; gap: 0; padding: 8px; }
}
@media (max-width: 430px) {
  .brand span { display: none; }
}

"""####),
ViewerFile(name: "sign-in.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// Where one signs in: the key is tried before it is kept.

import { h, fill } from "/viewer/dom.js";
import { get } from "/viewer/api.js";
import { signIn } from "/viewer/session.js";
import { stitch } from "/viewer/icons.js";

/** A page that calls `onDone` when a key was accepted. */
export function signInPage({ reason, onDone }) {
  const field = h("input", {
    // No password field: a browser would offer to keep what is in it.
    class: "field secret", id: "key", type: "text", autocomplete: "off", spellcheck: "false", placeholder: "YOPS-…", maxlength: 256,
  });
  const note = h("p", { class: "form-note", role: "alert" }, reason || null);
  const button = h("button", { class: "button primary", type: "submit" }, "Sign in");
  const form = h("form", {
    class: "sign-in",
    onsubmit: async (event) => {
      event.preventDefault();
      const value = field.value.trim();
      if (value === "") return;
      if (/[^\x21-\x7e]/.test(value)) {
        fill(note, "A key has only visible ASCII characters.");
        return;
      }
      button.disabled = true;
      fill(note);
      try {
        await get(["threads"], { count: 1 }, { withKey: value });
        signIn(value);
        field.value = "";
        onDone();
      } catch (fault) {
        fill(note, fault.status === 401 ? "This key is not accepted." : fault.message);
        field.select();
      } finally {
        button.disabled = false;
      }
    },
  },
  h("div", { class: "brand large" }, stitch(44, 28), "WhyOps"),
  h("h1", {}, "See what your agents did"),
  h("label", { for: "key" }, "API key"), field, note, button,
  h("p", { class: "quiet-text" }, "The key stays in this tab and is forgotten when you close it. It is the one that clients send: WHYOPS_API_KEY, or one of ", h("code", {}, "whyops keys"), "."));
  return { element: h("main", { class: "sign-in-page" }, form), focus: () => field.focus(), close: () => {} };
}

"""####),
ViewerFile(name: "signature.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// Reads the frames of spec/signature.md. The keys stay in the service, so a tag is never checked here.

const BIT = { "\u200C": 1, "\u200D": 0 };

/** The byte that a variation selector stands for, or -1. */
export function selectorByte(scalar) {
  if (scalar >= 0xfe00 && scalar <= 0xfe0f) return scalar - 0xfe00;
  if (scalar >= 0xe0100 && scalar <= 0xe01ef) return scalar - 0xe0100 + 16;
  return -1;
}

function visible(bytes) {
  return bytes.every((byte) => byte >= 0x21 && byte <= 0x7e) ? String.fromCharCode(...bytes) : null;
}

/** The trace id of a whole version 1 frame, given with its start and its end (SIG-1), or null. */
export function readV1(frame) {
  const bits = Array.from(frame.slice(1, -1), (mark) => BIT[mark]);
  if (bits.length === 0 || bits.length % 8 !== 0 || bits.length > 128 * 8) return null;
  const bytes = [];
  for (let at = 0; at < bits.length; at += 8) {
    bytes.push(bits.slice(at, at + 8).reduce((value, bit) => value * 2 + bit, 0));
  }
  const traceId = visible(bytes);
  return traceId === null ? null : { version: 1, traceId };
}

/** What the selectors of a version 2 frame say (SIG-10, SIG-11, SIG-16), or null where they are no whole frame. */
export function readV2(bytes) {
  if (bytes[0] > 0xe7 && bytes[0] <= 0xef) return { version: bytes[0] - 0xe5, traceId: null };
  if (bytes[0] !== 0xe7 || bytes.length < 2 || (bytes[1] & 0x0c) !== 0) return null;
  const keyId = bytes[1] >> 4;
  const kind = bytes[1] & 3;
  if (kind === 0 && bytes.length === 2 + 16 + 8) {
    const hex = bytes.slice(2, 18).map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const traceId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    return { version: 2, keyId, traceId };
  }
  if (kind === 1 && bytes[2] >= 1 && bytes[2] <= 128 && bytes.length === 3 + bytes[2] + 8) {
    const traceId = visible(bytes.slice(3, 3 + bytes[2]));
    return traceId === null ? null : { version: 2, keyId, traceId };
  }
  return null;
}

"""####),
ViewerFile(name: "span-model.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// The spans of a trace as a graph: exchanges with the model below one another, tools beside them.

/**
 * Spans in the order of their first events: `{id, at: [places], kind, parents: Set, joins: Set, children: [span]}`.
 * `joins` are the tool spans that end in this one although its parent is another.
 */
export function spans(events, { parent }) {
  const found = new Map();
  const owner = [];
  events.forEach((event, at) => {
    const id = event.spanId ?? `event ${at}`;
    const span = found.get(id) ?? { id, at: [], parents: new Set(), joins: new Set(), children: [], returns: new Set() };
    span.at.push(at);
    found.set(id, span);
    owner.push(span);
  });
  const all = [...found.values()];
  for (const span of all) {
    span.kind = kindOf(span.at.map((at) => events[at]));
    for (const at of span.at) {
      const before = parent[at] < 0 ? undefined : owner[parent[at]];
      if (before === undefined || before === span) continue;
      // A span that goes on after a tool that it called itself has not become the tool's child.
      if (before.at[0] > span.at[0]) span.returns.add(before);
      else span.parents.add(before);
    }
  }
  for (const span of all) for (const before of span.parents) before.children.push(span);
  for (const span of all) join(span);
  return all;
}

function kindOf(events) {
  const has = (prefix) => events.some((event) => event.eventType.startsWith(prefix));
  if (has("tool_call")) return "tool";
  if (has("llm")) return "model";
  if (has("embedding")) return "embedding";
  if (has("user") || has("tool_result")) return "user";
  return has("error") ? "error" : "other";
}

/** Tools that were called side by side all end in what follows any of them. */
function join(span) {
  const tools = span.children.filter((child) => child.kind === "tool");
  if (tools.length === 0) return;
  const followed = tools.flatMap((tool) => tool.children).filter((child) => !tools.includes(child));
  const next = span.returns.size > 0 ? span.children.filter((child) => child.kind !== "tool") : followed;
  const first = next.reduce((least, child) => least === undefined || child.at[0] < least.at[0] ? child : least, undefined);
  for (const tool of tools) {
    if (first && tool.at[0] < first.at[0] && !first.parents.has(tool)) first.joins.add(tool);
  }
}

/** Gives every span its `layer` and its `column`; answers how many there are of each. */
export function arrange(all) {
  const taken = [];
  let columns = 1;
  for (const span of all) {
    const [above] = span.parents;
    span.layer = 0;
    for (const before of [...span.parents, ...span.joins]) span.layer = Math.max(span.layer, (before.layer ?? -1) + 1);
    const row = (taken[span.layer] ??= new Set());
    // The line of a conversation stays straight: tools that return into their caller stand at its right.
    let column = (above?.home ?? 0) + (span.kind === "tool" && above?.returns.size > 0 ? 1 : 0);
    while (row.has(column)) column += 1;
    row.add(column);
    span.column = column;
    span.home = span.kind === "tool" ? above?.home ?? column : column;
    columns = Math.max(columns, column + 1);
  }
  return { layers: taken.length, columns };
}

"""####),
ViewerFile(name: "text.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// Captured text on the page: every script as it is, and what cannot be seen as a mark with its name.

import { h } from "/viewer/dom.js";
import { link } from "/viewer/router.js";
import { parts } from "/viewer/invisible.js";
import { brief, number } from "/viewer/format.js";

const LIMIT = 20000;

/** Joiners shape the letters beside them, so they also stay in the text; direction marks must not act. */
const SHAPING = new Set(["\u200C", "\u200D", "\uFE0E", "\uFE0F"]);

/** A text on one line, cut after `length` scalars. */
export function line(text, length = 160) {
  const flat = text.slice(0, length * 4).replace(/\s*\n\s*/g, " ");
  const cut = Array.from(flat).slice(0, length).join("");
  return h("bdi", { class: "captured", dir: "auto" }, nodes(cut), flat.length > cut.length ? "…" : null);
}

/** A text as it was captured, its lines kept; a long one is shown in steps. */
export function block(text, props = {}) {
  const box = h("div", { ...props, class: `captured block ${props.class ?? ""}`, dir: "auto" });
  let shown = 0;
  const more = h("button", { class: "quiet more", type: "button", onclick: () => extend() });
  const extend = () => {
    more.remove();
    let end = Math.min(text.length, shown + (shown === 0 ? LIMIT : LIMIT * 10));
    // Never between the halves of a character.
    if (end < text.length && /[\uDC00-\uDFFF]/.test(text[end])) end += 1;
    box.append(...nodes(text.slice(shown, end)));
    shown = end;
    if (shown < text.length) {
      more.textContent = `Show more: ${number(text.length - shown)} characters are left`;
      box.append(more);
    }
  };
  extend();
  return box;
}

/** The nodes of a text, with marks. */
export function nodes(text) {
  return parts(text).map(nodeOf);
}

function nodeOf(part) {
  switch (part.kind) {
    case "text":
      return document.createTextNode(part.value);
    case "emoji":
      return h("span", { class: "joined", title: part.name }, part.value);
    case "mark": {
      const kept = SHAPING.has(part.value) ? part.value : "";
      const isSpace = /[\t\u00A0\u2000-\u200A\u202F\u205F\u3000]/.test(part.value);
      const mark = h("span", { class: isSpace ? "mark space" : "mark", title: part.name }, part.short);
      const nodes = document.createDocumentFragment();
      nodes.append(kept, mark, part.value === "\t" ? "\t" : "");
      return nodes;
    }
    case "hidden":
      return h("span", { class: "mark hidden-text", title: `${part.name}, not shown by most programs` },
        h("b", {}, "hidden text "), part.says);
    default:
      return signature(part);
  }
}

/** Whose trace a signature names. */
export function signature(part) {
  const trace = part.traceId;
  const words = part.isBare ? "signature without its U+2060" : "signature";
  const title = part.version === 2
    ? `Invisible signature, version 2, key ${part.keyId}, ${Array.from(part.value).length} characters; the tag is not checked here`
    : `Invisible signature, version ${part.version}, ${Array.from(part.value).length} characters`;
  if (trace === null) return h("span", { class: "mark sign", title }, `${words} of a later version`);
  return h("a", { class: "mark sign", title: `${title}\n${trace}`, href: link(["traces", trace]) },
    `${words} of trace `, h("b", {}, brief(trace, 8)));
}

"""####),
ViewerFile(name: "theme.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// Light or dark: as the system has it until someone chooses.

const NAME = "whyops.theme";

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function restore() {
  const chosen = localStorage.getItem(NAME);
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
}

export function toggle() {
  const next = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem(NAME, next);
}

"""####),
ViewerFile(name: "timeline.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
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

"""####),
ViewerFile(name: "timescale.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// Where a moment stands on the timeline: time in which something happens is to scale, long waits are folded.

/** A folded wait is as wide as this share of the time in which something happens. */
const SHARE = 0.04;
/** Waits of less than this many milliseconds are never folded. */
const SHORTEST = 1000;

/** The stretches of an event: it ends at its time stamp, and a call began its latency before. */
export function stretch(event, events, shape, at) {
  const end = event.timeSinceStart;
  if (typeof event.latencyMs === "number" && event.latencyMs > 0) {
    if (event.eventType !== "tool_call_response") return [Math.max(0, end - event.latencyMs), end];
  }
  if (event.eventType === "tool_call_response") {
    const before = shape.parent[at];
    if (before >= 0 && events[before].eventType === "tool_call_request") return [events[before].timeSinceStart, end];
  }
  return [end, end];
}

/** `at(ms)` gives 0 to 1, `time(share)` the way back, `folds` the shares at which a wait was folded. */
export function timescale(stretches) {
  const sorted = [...stretches].sort((a, b) => a[0] - b[0]);
  const gaps = [];
  let end = sorted.length > 0 ? sorted[0][0] : 0;
  const start = end;
  for (const [from, to] of sorted) {
    if (from > end) gaps.push([end, from]);
    end = Math.max(end, to);
  }
  const total = Math.max(end - start, 1);
  const idle = gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  const busy = Math.max(total - idle, total * 0.02, 1);
  const longest = busy * SHARE;
  const knots = [[start, 0]];
  const folds = [];
  let shrunk = 0;
  for (const [from, to] of gaps) {
    if (to - from <= Math.max(longest * 2, SHORTEST)) continue;
    knots.push([from, from - start - shrunk]);
    shrunk += to - from - longest;
    knots.push([to, to - start - shrunk]);
    folds.push((knots.at(-1)[1] + knots.at(-2)[1]) / 2);
  }
  const width = Math.max(total - shrunk, 1);
  knots.push([end, width]);
  return {
    at: (ms) => between(knots, ms, 0, 1) / width,
    time: (share) => between(knots, share * width, 1, 0),
    folds: folds.map((place) => place / width),
  };
}

/** Reads a polyline: the value of `other` where `one` is `value`. */
function between(knots, value, one, other) {
  let low = 0;
  let high = knots.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (knots[middle][one] <= value) low = middle;
    else high = middle;
  }
  const from = knots[low];
  const to = knots[high];
  const span = to[one] - from[one];
  const share = span <= 0 ? 0 : Math.min(1, Math.max(0, (value - from[one]) / span));
  return from[other] + share * (to[other] - from[other]);
}

"""####),
ViewerFile(name: "trace-data.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// One trace: its events without their contents at once, and the contents of those that are looked at.

import { get } from "/viewer/api.js";

const PAGE = 1000;
const WINDOW = 40;
const MOST_WINDOWS = 60;

export class TraceData {
  constructor(id) {
    this.id = id;
    this.head = null;
    this.events = [];
    /** What the service finds wrong with it; null until that is known. */
    this.analysis = null;
    this.windows = new Map();
    /** How often the trace has changed while it was open. */
    this.reading = 0;
    this.aborted = new AbortController();
  }

  close() {
    this.aborted.abort();
  }

  get isComplete() {
    return this.head !== null && this.events.length >= this.head.eventCount;
  }

  /** Reads the trace; `onPart` is called after each page of events. */
  async load(onPart) {
    const first = await this.page(0);
    this.head = first;
    this.events = first.events;
    onPart();
    while (this.events.length < this.head.eventCount) {
      const next = await this.page(this.events.length);
      if (next.events.length === 0) break;
      this.events.push(...next.events);
      onPart();
    }
  }

  /** Reads what is new. True if anything has changed. */
  async refresh() {
    const tail = Math.max(0, this.events.length - 50);
    const next = await this.page(tail);
    if (next.eventCount === this.head.eventCount && next.lastEventTimestamp === this.head.lastEventTimestamp) return false;
    const old = this.events.slice(tail).map((event) => event.id);
    const isGrown = old.every((id, at) => next.events[at]?.id === id);
    this.reading += 1;
    if (!isGrown || next.events.length === PAGE) {
      // An event came late and stands before others.
      await this.load(() => {});
      return true;
    }
    this.head = next;
    this.events = this.events.slice(0, tail).concat(next.events);
    return true;
  }

  /** Reads what the service finds. What it cannot tell is no reason to show nothing else. */
  async analyse() {
    try {
      this.analysis = (await get(["threads", this.id, "findings"], {}, { signal: this.aborted.signal })).analysis;
    } catch {
      return false;
    }
    return true;
  }

  page(offset, include, limit = PAGE) {
    return get(["threads", this.id], { eventLimit: limit, eventOffset: offset, eventInclude: include },
      { signal: this.aborted.signal });
  }

  /** The event at a place with its content, if that has been read; else it is read and `onReady` called later. */
  withContent(at, onReady) {
    const number = Math.floor(at / WINDOW);
    const held = this.windows.get(number);
    const event = held?.events?.[at - number * WINDOW];
    if (event?.id === this.events[at].id) return event;
    if (held?.waiting) held.waiting.add(onReady);
    // What does not fit was read before the trace changed; if it was not, asking again would not help.
    else if (held?.reading !== this.reading) this.readWindow(number, onReady, held?.events);
    return null;
  }

  /** Reads the contents of a window; until they are there, `old` ones are shown where they are the same events. */
  async readWindow(number, onReady, old) {
    const entry = { events: old, waiting: new Set([onReady]), reading: this.reading };
    this.windows.delete(number);
    this.windows.set(number, entry);
    this.forget();
    try {
      const start = number * WINDOW;
      const count = Math.min(WINDOW, this.events.length - start);
      let events = [];
      // A page of long events ends early.
      while (events.length < count) {
        const part = (await this.page(start + events.length, "content,metadata", count - events.length)).events;
        if (part.length === 0) break;
        events = events.concat(part);
      }
      entry.events = events;
    } catch (fault) {
      if (fault.name === "AbortError") return;
      this.windows.delete(number);
      return;
    }
    const { waiting } = entry;
    entry.waiting = null;
    for (const ready of waiting) ready();
  }

  /** Lets go of the window that was read first, when there are too many. */
  forget() {
    if (this.windows.size <= MOST_WINDOWS) return;
    for (const [number, each] of this.windows) {
      if (each.waiting) continue;
      this.windows.delete(number);
      return;
    }
  }
}

"""####),
ViewerFile(name: "trace-head.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// The figures of a trace, in one line of terms and values.

import { h } from "/viewer/dom.js";
import { line } from "/viewer/text.js";
import { compact, dollars, duration, moment, number } from "/viewer/format.js";
import { link } from "/viewer/router.js";

export function figures(data) {
  const { head, events } = data;
  const models = head.models ?? [];
  const sum = (name) => models.reduce((total, model) => total + (model[name] ?? 0), 0);
  const calls = events.filter((event) => event.eventType === "llm_response");
  const hits = calls.filter((event) => event.cacheReadTokens > 0).length;
  const agents = new Set(events.map((event) => event.agentName));
  const isPriced = models.some((model) => model.cost !== null && model.cost !== undefined);
  const shown = [
    ["Began", moment(head.firstEventTimestamp).slice(5, 19)],
    ["Took", duration(head.duration)],
    ["Events", data.isComplete ? number(head.eventCount) : `${number(events.length)} of ${number(head.eventCount)}`],
    ["Model calls", number(calls.length)],
    ["Tokens", sum("totalTokens") > 0 || head.totalTokens > 0 ? `${compact(sum("inputTokens"))} in, ${compact(sum("outputTokens"))} out` : ""],
    ["Cache", sum("cacheReadTokens") > 0 ? `${compact(sum("cacheReadTokens"))} tokens, ${hits} of ${calls.length} calls` : ""],
    ["Cost", isPriced ? dollars(head.totalCost) : ""],
    [models.length > 1 ? "Models" : "Model", models.map((model) => model.model).join(", ")],
    ["User", head.externalUserId],
    ["Agents", agents.size > 1 ? [...agents].join(", ") : ""],
  ].filter(([, value]) => value);
  return h("dl", { class: "figures" },
    head.errorCount > 0 ? h("div", { class: "bad" }, h("dt", {}, "Errors"), h("dd", {}, number(head.errorCount))) : null,
    shown.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, line(String(value), 80)))),
    h("div", {}, h("dt", {}, "Version"), h("dd", {}, h("a", { href: link(["agents", head.agentId]), title: head.entityId }, head.entityId.slice(0, 8)))));
}

"""####),
ViewerFile(name: "trace-model.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// The shape of a trace, from its events alone: who follows whom, branches, spans.

/**
 * For every event: `parent` (a place or -1) and `branch`. For every branch: `first`, `last`, `from` (the event that it
 * leaves, or -1) and `lane`, its column; lanes are used again.
 */
export function shape(events) {
  const byStep = new Map();
  events.forEach((event, at) => {
    if (!byStep.has(event.stepId)) byStep.set(event.stepId, at);
  });
  const parent = events.map((event, at) => {
    const found = event.parentStepId === undefined ? undefined : byStep.get(event.parentStepId);
    return found === undefined || found === at ? -1 : found;
  });
  const branch = new Array(events.length).fill(-1);
  const branches = [];
  const firstChild = new Map();
  const order = events.map((_, at) => at).sort((a, b) => events[a].stepId - events[b].stepId || a - b);
  const begin = (at, from) => {
    branch[at] = branches.length;
    branches.push({ first: at, last: at, from, lane: 0 });
  };
  for (const at of order) {
    const before = parent[at];
    const sibling = firstChild.get(before);
    // Calls that run side by side are one branch.
    const isBesides = sibling !== undefined && isCall(events[sibling]) && isCall(events[at]);
    // What goes on after an error goes on where the error stands.
    const isFault = events[at].eventType === "error";
    if (before < 0 || branch[before] < 0) begin(at, -1);
    else if (sibling === undefined || isBesides || isFault) branch[at] = branch[before];
    else begin(at, before);
    if (sibling === undefined && before >= 0 && !isFault) firstChild.set(before, at);
    const own = branches[branch[at]];
    own.first = Math.min(own.first, at);
    own.last = Math.max(own.last, at);
  }
  assignLanes(branches);
  return { parent, branch, branches, lanes: branches.reduce((most, each) => Math.max(most, each.lane + 1), 1) };
}

function isCall(event) {
  return event.eventType === "tool_call_request";
}

function assignLanes(branches) {
  const free = [];
  const byFirst = [...branches].sort((a, b) => reach(a) - reach(b) || a.first - b.first);
  for (const each of byFirst) {
    let lane = 0;
    while (free[lane] !== undefined && free[lane] >= reach(each)) lane += 1;
    each.lane = lane;
    free[lane] = each.last;
  }
}

/** Where a branch's line begins: at the event that it leaves. */
export function reach(branch) {
  return branch.from >= 0 ? Math.min(branch.from, branch.first) : branch.first;
}

"""####),
ViewerFile(name: "trace.css", mediaType: "text/css; charset=utf-8", text: ####"""
/* One trace: its head and its timeline. */

.trace-page { width: 100%; }
.trace-head { flex: none; padding: 14px 24px 0; border-bottom: 1px solid var(--line); background: var(--panel); }
.crumbs { display: flex; align-items: center; gap: 10px; min-width: 0; }
.crumbs .icon-button { margin-left: -8px; }
.crumbs h1 { overflow: hidden; min-width: 0; text-overflow: ellipsis; white-space: nowrap; }
.trace-id { overflow: hidden; min-width: 0; color: var(--ink-3); text-overflow: ellipsis; white-space: nowrap; }
.figures { display: flex; flex-wrap: wrap; gap: 8px 26px; padding: 12px 0 8px; }
.figures > div { flex: none; max-width: 100%; }
.figures dt { color: var(--ink-3); font-size: 12px; line-height: 1.3; }
.figures dd { overflow: hidden; max-width: 320px; font-variant-numeric: tabular-nums; text-overflow: ellipsis; white-space: nowrap; }
.figures .bad dd { color: var(--error); font-weight: 650; }
.views { margin: 0 -12px; }
.trace-body { display: flex; flex: 1; min-height: 0; min-width: 0; }
.stage { display: flex; flex: 1; min-width: 0; }

.timeline { position: relative; }
.axis { position: sticky; z-index: 3; top: 0; display: grid; grid-template-columns: minmax(0, 1.25fr) minmax(120px, 1fr); height: 28px; border-bottom: 1px solid var(--line); background: var(--paper); color: var(--ink-3); font-size: 11px; }
.axis-track { position: relative; margin-right: 76px; font-variant-numeric: tabular-nums; }
.tick { position: absolute; bottom: 5px; padding-left: 5px; white-space: nowrap; }
.tick::before { position: absolute; bottom: -5px; left: 0; height: 8px; border-left: 1px solid var(--line-strong); content: ""; }
.virtual { position: relative; }
.event {
  position: absolute; display: grid; width: 100%; height: 40px; padding: 0; border: 0; border-bottom: 1px solid var(--line); background: none; color: var(--ink); font: inherit;
  text-align: left; cursor: pointer; grid-template-columns: minmax(0, 1.25fr) minmax(120px, 1fr); align-items: center; outline-offset: -2px;
}
.event { grid-template-columns: var(--lanes, 24px) 92px minmax(0, 1.25fr) auto minmax(120px, 42%); gap: 0; }
.axis { grid-template-columns: minmax(0, 1fr) minmax(120px, 42%); }
.event:hover { background: var(--panel); }
.event.selected { background: var(--accent-soft); }
.lanes { display: block; }
.lanes line, .lanes path { stroke: var(--line-strong); stroke-width: 1.5; }
.lanes .dot { fill: var(--tone); stroke: var(--paper); stroke-width: 2; }
.event-type { padding-left: 4px; color: var(--tone); font-size: 12.5px; font-weight: 600; white-space: nowrap; }
.event-said { display: flex; gap: 7px; align-items: center; overflow: hidden; min-width: 0; white-space: nowrap; }
.event-said > bdi { overflow: hidden; min-width: 0; text-overflow: ellipsis; }
.tool-name { flex: none; font-weight: 600; }
.event.tone-thinking .event-said > bdi { color: var(--ink-2); font-style: italic; font-synthesis: style; }
.event.tone-error .event-said > bdi { color: var(--error); }
.event-figures { display: flex; gap: 8px; align-items: center; padding: 0 16px 0 12px; color: var(--ink-3); font-size: 12px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.took { display: none; }
.cached { padding: 0 6px; border-radius: 10px; background: var(--accent-soft); color: var(--accent); font-size: 11px; }
.track { position: relative; height: 100%; margin-right: 76px; border-left: 1px solid var(--line); }
.bar { position: absolute; top: 14px; height: 12px; min-width: 3px; border-radius: 3px; background: var(--tone); }
.bar.point { width: 3px; min-width: 0; margin-left: -1px; border-radius: 2px; opacity: 0.85; }
.bar-label { position: absolute; top: 50%; padding: 0 6px; color: var(--ink-3); font-size: 11px; font-variant-numeric: tabular-nums; transform: translateY(-50%); white-space: nowrap; }
.bar-label.before { transform: translate(-100%, -50%); }
.fold { position: absolute; top: 0; bottom: 0; width: 5px; margin-left: -2px; border: solid var(--line); border-width: 0 1px; background: var(--sunk); }
.axis-lead { overflow: hidden; padding: 6px 16px 0 0; text-align: right; }

@media (max-width: 1180px) {
  .inspects .event { grid-template-columns: var(--lanes, 24px) 88px minmax(0, 1fr); }
  .inspects .event-figures, .inspects .track, .inspects .axis { display: none; }
}
@media (min-width: 1181px) {
  .inspects .event { grid-template-columns: var(--lanes, 24px) 92px minmax(0, 1fr) 28%; }
  .inspects .axis { grid-template-columns: minmax(0, 1fr) 28%; }
  .inspects .event-figures { display: none; }
}
@media (max-width: 760px) {
  .trace-head { padding: 10px 16px 0; }
  .figures { flex-wrap: nowrap; gap: 20px; margin: 0 -16px; padding: 8px 16px; overflow-x: auto; scrollbar-width: none; }
  .figures dd, .figures dt { white-space: nowrap; }
  .crumbs .trace-id { flex: 1; }
  .axis { display: none; }
  .event { grid-template-columns: var(--lanes, 24px) 84px minmax(0, 1fr) auto; }
  .event-figures { gap: 0; padding: 0 16px 0 8px; }
  .event-figures .tokens, .event-figures .cached, .track { display: none; }
  .event-figures .took { display: inline; }
}

"""####),
ViewerFile(name: "trace.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
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

"""####),
ViewerFile(name: "virtual.js", mediaType: "text/javascript; charset=utf-8", text: ####"""
// A long list of rows of one height, of which only those in sight are in the document.

import { h, perFrame } from "/viewer/dom.js";

const BESIDES = 12;

/**
 * `scroller` scrolls, `count()` says how many rows there are, and `row(at)` makes one. `data-covered` of the scroller is
 * the height of what stays at its top.
 */
export class VirtualList {
  constructor({ scroller, height, count, row, onScroll }) {
    this.scroller = scroller;
    this.height = height;
    this.count = count;
    this.row = row;
    this.onScroll = onScroll ?? (() => {});
    this.body = h("div", { class: "virtual", role: "presentation" });
    this.rows = new Map();
    this.update = perFrame(() => {
      this.render();
      this.onScroll();
    });
    scroller.addEventListener("scroll", this.update, { passive: true });
    this.observer = new ResizeObserver(this.update);
    this.observer.observe(scroller);
  }

  close() {
    this.observer.disconnect();
    this.scroller.removeEventListener("scroll", this.update);
  }

  /** Makes all rows anew. */
  reset() {
    const hadFocus = [...this.rows].find(([, element]) => element.contains(document.activeElement))?.[0];
    this.rows.clear();
    this.body.replaceChildren();
    this.render();
    if (hadFocus !== undefined) this.rows.get(hadFocus)?.focus({ preventScroll: true });
  }

  /** Makes one row anew, if it is in sight. */
  renew(at) {
    const old = this.rows.get(at);
    if (!old) return;
    const hadFocus = old.contains(document.activeElement);
    const fresh = this.place(at);
    old.replaceWith(fresh);
    if (hadFocus) fresh.focus({ preventScroll: true });
  }

  render() {
    const count = this.count();
    this.body.style.height = `${count * this.height}px`;
    const top = this.scroller.scrollTop - this.body.offsetTop;
    const first = Math.max(0, Math.floor(top / this.height) - BESIDES);
    const last = Math.min(count - 1, Math.ceil((top + this.scroller.clientHeight) / this.height) + BESIDES);
    for (const [at, element] of this.rows) {
      if (at < first || at > last) {
        element.remove();
        this.rows.delete(at);
      }
    }
    for (let at = first; at <= last; at += 1) {
      if (!this.rows.has(at)) this.body.append(this.place(at));
    }
  }

  place(at) {
    const element = this.row(at);
    element.style.transform = `translateY(${at * this.height}px)`;
    this.rows.set(at, element);
    return element;
  }

  /** The first and the last place that can be seen, without those that only stand ready. */
  get inSight() {
    const top = this.scroller.scrollTop - this.body.offsetTop;
    const first = Math.floor(top / this.height);
    const last = Math.ceil((top + this.scroller.clientHeight) / this.height);
    return [Math.max(0, first), Math.max(0, Math.min(this.count() - 1, last))];
  }

  /** Brings a row into sight. */
  reveal(at) {
    const top = this.body.offsetTop + at * this.height;
    const room = this.scroller.clientHeight;
    const covered = Number(this.scroller.dataset.covered ?? 0);
    if (top - covered < this.scroller.scrollTop) this.scroller.scrollTop = top - covered - this.height;
    else if (top + this.height > this.scroller.scrollTop + room) this.scroller.scrollTop = top + 2 * this.height - room;
    this.render();
  }
}

"""####),
]
}
