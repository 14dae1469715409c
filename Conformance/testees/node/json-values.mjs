// How the other modules ask a node of json-text.mjs for what they need. Every function takes undefined for an absent value.

export const isObject = (node) => node?.kind === 'object';
export const isArray = (node) => node?.kind === 'array';
export const isString = (node) => node?.kind === 'string';
export const isNumber = (node) => node?.kind === 'number';
export const isNull = (node) => node?.kind === 'null';
/** Absent or null. */
export const isNothing = (node) => node === undefined || node.kind === 'null';

/** The value of the last member of that name (JSON-5), undefined where the node is no object or has none. */
export function member(node, name) {
  if (!isObject(node)) return undefined;
  for (let i = node.members.length - 1; i >= 0; i -= 1) {
    if (node.members[i].name === name) return node.members[i].value;
  }
  return undefined;
}

/** The string of a node, undefined where it is none. */
export const stringOf = (node) => (isString(node) ? node.value : undefined);
export const stringMember = (node, name) => stringOf(member(node, name));

/** The items of a list, none where the node is no list. */
export const itemsOf = (node) => (isArray(node) ? node.items : []);

/** The value of the first of these members that is a string. */
export function firstString(node, ...names) {
  for (const name of names) {
    const text = stringMember(node, name);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The bytes of a value as they were spelt. */
export const spelling = (node) => node.bytes.subarray(node.start, node.end);

/** The nearest double of a number (JSON-23). */
export const doubleOf = (node) => Number(spelling(node).toString('latin1'));

/** An object's members with each name once, its last value, in the order in which the names first came. */
export function effectiveMembers(node) {
  const last = new Map();
  for (const { name, value } of node.members) last.set(name, value);
  return last;
}

/** A name as a token of a JSON pointer (RFC 6901). */
export const pointerToken = (name) => name.replaceAll('~', '~0').replaceAll('/', '~1');
