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
