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
