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
