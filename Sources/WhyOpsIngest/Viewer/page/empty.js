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
