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
