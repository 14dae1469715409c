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
