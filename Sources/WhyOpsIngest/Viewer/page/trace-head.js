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
