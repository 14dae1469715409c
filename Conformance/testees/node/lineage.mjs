// Conversations by what was said in them (TRC-34 to TRC-40).

import { createHash, createHmac } from 'node:crypto';
import { isNothing, isString, itemsOf, member, stringMember } from './json-values.mjs';

const KEPT = /[0-9A-Za-z\u00c0-\u1fff\u3040-\ud7ff\uf900-\ufdff\u{10000}-\u{1efff}\u{20000}-\u{3ffff}]/u; // TRC-35
const NOT_KEPT = /[\u00d7\u00f7\u02b0-\u036f]/u;
const MARKS = 30; // TRC-52
const ROOM = 128; // TRC-36
const DISTINCT = 32; // TRC-38
const MOST_PREFIXES = 16; // TRC-40
const LABEL = Buffer.from('whyops-lineage-v1\0', 'latin1');
const SIDE = { user: 1, assistant: 2 };

/** What both sides say, in order: `[side, text]` (TRC-34); nothing where the provider keeps a part of it (TRC-39). */
function textsOf(root, format) {
  const isResponses = format === 'responses';
  if (isResponses && ['previous_response_id', 'conversation'].some((name) => !isNothing(member(root, name)))) return [];
  if (format === 'messages' && !isNothing(member(member(root, 'thread'), 'previous_message_id'))) return [];
  const messages = member(root, isResponses ? 'input' : 'messages');
  if (isString(messages)) return isResponses ? [['user', messages.value]] : [];
  const types = isResponses ? ['input_text', 'output_text', 'text'] : ['text'];
  return itemsOf(messages).flatMap((message) => {
    const side = stringMember(message, 'role');
    if (side !== 'user' && side !== 'assistant') return [];
    const content = member(message, 'content');
    if (isString(content)) return [[side, content.value]];
    const parts = itemsOf(content).filter((part) => types.includes(stringMember(part, 'type')) && isString(member(part, 'text')));
    return parts.map((part) => [side, stringMember(part, 'text')]);
  });
}

/** Whether a decomposed scalar has a combining class above 0: then one of class 1 or of class 240 changes places with it. */
const isMark = (part) => part >= '\u0300' && [`${part}\u0334`, `\u0345${part}`].some((two) => two.normalize('NFD') !== two);

/** The text in normal form C, without marks past the 30th in a row (TRC-35, TRC-52). */
function composed(text) {
  const kept = [];
  let marks = 0;
  for (const part of [...text].flatMap((scalar) => [...scalar.normalize('NFD')])) {
    marks = isMark(part) ? marks + 1 : 0;
    if (marks <= MARKS) kept.push(part);
  }
  return kept.join('').normalize('NFC');
}

const keptOf = (text) => [...composed(text)].filter((scalar) => KEPT.test(scalar) && !NOT_KEPT.test(scalar));

/** Consecutive texts of one side (TRC-36). */
class Group {
  constructor(side) {
    this.side = side;
    this.said = Buffer.alloc(0);
    this.hasRoom = true;
  }

  add(scalars) {
    for (const scalar of scalars) {
      const bytes = Buffer.from(scalar, 'utf8');
      this.hasRoom &&= this.said.length + bytes.length <= ROOM;
      if (!this.hasRoom) return;
      this.said = Buffer.concat([this.said, bytes]);
    }
  }
}

/** What has been said up to and with each text of the assistant: `{digest, isDistinct}` (TRC-37). */
function prefixesOf(texts) {
  const groups = [];
  const prefixes = [];
  for (const [side, text] of texts) {
    const scalars = keptOf(text);
    if (scalars.length === 0) continue;
    if (groups.at(-1)?.side !== side) groups.push(new Group(side));
    groups.at(-1).add(scalars);
    if (side !== 'assistant') continue;
    const hash = createHash('sha256');
    for (const group of groups) hash.update(Buffer.from([SIDE[group.side]])).update(group.said);
    const digest = hash.digest();
    const isDistinct = groups.some((group) => group.side === 'assistant' && group.said.length >= DISTINCT);
    if (!prefixes.at(-1)?.digest.equals(digest)) prefixes.push({ digest, isDistinct });
  }
  return prefixes;
}

/** The keys to seek: for each text of the assistant, the newest first, one for each signing key (TRC-38, TRC-40). */
export function lineageKeys(root, format, keys, { agent = '', user = '' }) {
  const keyOf = (digest, key) => createHmac('sha256', key.bytes).update(LABEL).update(digest).update(`${agent}\0${user}`, 'utf8').digest('hex').slice(0, 32);
  const prefixes = prefixesOf(textsOf(root, format)).slice(-MOST_PREFIXES).reverse();
  return prefixes.filter((prefix) => prefix.isDistinct).map(({ digest }) => [...keys.byId.values()].map((key) => keyOf(digest, key)));
}
