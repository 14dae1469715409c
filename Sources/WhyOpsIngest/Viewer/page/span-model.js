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
