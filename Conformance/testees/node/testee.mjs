// A testee of the conformance suite: runner protocol 1 over standard input and output (Conformance/README.md).

import readline from 'node:readline';
import { differences } from './agent-differences.mjs';
import { definitionHash, normalForm, readDefinition, registrationFaults, versionHash } from './agents.mjs';
import { canonicalize } from './canonical-json.mjs';
import { frameOffsetInBytes } from './carrier.mjs';
import { canonicalEncoding } from './event-encoding.mjs';
import { bodyFaults } from './event-validation.mjs';
import { eventView } from './event-view.mjs';
import { traceFindings } from './findings.mjs';
import { DEFAULT_LIMITS, JsonFault, parseJson, tryParseJson } from './json-text.mjs';
import { doubleOf, isNothing, itemsOf, member, stringMember } from './json-values.mjs';
import { SigningKeys, extract, frameFor, frameV1, frameV2, strip } from './signature.mjs';
import { embedReply } from './reply.mjs';
import { ReplyStream } from './stream.mjs';
import { stringify } from './raw-json.mjs';
import { rewriteRequest } from './request.mjs';
import { KnownIds, resolveTrace } from './stitching.mjs';
import { stringFromBytes } from './scalars.mjs';
import { normalizedTimestamp } from './timestamp.mjs';
import { readText, writeString, writeText } from './texts.mjs';

const INTRODUCTION = {
  protocol: 1,
  implementation: { name: 'whyops-node', version: '1.0.0', language: 'javascript' },
  spec: ['1.0'],
  features: ['bytes', 'surrogates', 'harness', 'lineage', 'findings'],
};

const text = (input, name) => readText(member(input, name));
const keyOf = (node) => ({ id: doubleOf(member(node, 'id')), bytes: Buffer.from(stringMember(node, 'key'), 'hex') });
const keysOf = (input) => new SigningKeys(itemsOf(member(input, 'keys')).map(keyOf));
const optionalKey = (input) => (isNothing(member(input, 'key')) ? undefined : keyOf(member(input, 'key')));
const policyOf = (input) => stringMember(input, 'policy') ?? 'careful';

function limitsOf(input) {
  const limits = member(input, 'limits');
  const limit = (name) => (isNothing(member(limits, name)) ? DEFAULT_LIMITS[name] : doubleOf(member(limits, name)));
  return { depth: limit('depth'), values: limit('values') };
}

function checkJson(input) {
  try {
    parseJson(text(input, 'text'), limitsOf(input));
    return { code: null, offset: null };
  } catch (error) {
    if (error instanceof JsonFault) return { code: error.code, offset: error.offset };
    throw error;
  }
}

function carrier(input) {
  const offset = frameOffsetInBytes(text(input, 'text'), policyOf(input));
  return { carries: offset !== null, offset };
}

const stringEntries = (node) => (node?.members ?? []).map(({ name, value }) => [name, value.value]);

function resolve(input) {
  const known = new KnownIds(itemsOf(member(input, 'known')).map((entry) => Object.fromEntries(stringEntries(entry))));
  const acceptsV1 = member(input, 'acceptV1')?.kind !== 'false';
  return resolveTrace(stringMember(input, 'format'), text(input, 'body'), stringEntries(member(input, 'headers')), { keys: keysOf(input), known, acceptsV1 });
}

function rewrite(input) {
  const isRecorded = stringMember(input, 'format') !== 'other'; // a pass-through route belongs to no trace
  const { traceId, source } = isRecorded ? resolve(input) : { traceId: null, source: null };
  return { body: writeText(rewriteRequest(text(input, 'body'), keysOf(input))), traceId, source };
}

const exchangeOf = (input) => ({
  format: stringMember(input, 'format'),
  request: text(input, 'request'),
  frame: frameFor(text(input, 'traceId'), optionalKey(input)),
  policy: policyOf(input),
});

function embed(input) {
  const status = doubleOf(member(input, 'status'));
  return { body: writeText(embedReply({ ...exchangeOf(input), status, reply: text(input, 'reply') })) };
}

function embedStream(input) {
  const stream = new ReplyStream(exchangeOf(input));
  const outputs = itemsOf(member(input, 'chunks')).map((chunk) => stream.push(readText(chunk)));
  return { outputs: [...outputs, stream.finish()].map(writeText) };
}

/** A body that is given as a value, or as text where its spelling matters. */
function bodyOf(input, parse = parseJson) {
  const body = member(input, 'body');
  return body !== undefined ? body : parse(text(input, 'text'));
}

function validateEvent(input) {
  const options = {
    eventType: stringMember(input, 'eventType'),
    profile: stringMember(input, 'profile'),
    tenant: Object.fromEntries(stringEntries(member(input, 'tenant'))),
  };
  return { faults: bodyFaults(bodyOf(input), options) };
}

const definitionOf = (input, name) => readDefinition(text(input, name));

function hashVersion(input) {
  const { canonical, ...rest } = versionHash(definitionOf(input, 'definition'));
  return { canonical: writeString(canonical), ...rest };
}

function diff(input) {
  const [before, after] = [definitionOf(input, 'before'), definitionOf(input, 'after')];
  return { changes: differences(normalForm(before), normalForm(after)) };
}

function timestamp(input) {
  const characters = stringFromBytes(text(input, 'text'));
  return { timestamp: characters === null ? null : normalizedTimestamp(characters) };
}

const OPERATIONS = {
  'json.check': checkJson,
  'json.canonicalize': (input) => ({ text: canonicalize(text(input, 'text')) }),
  'signature.encode': (input) => ({ text: writeText(frameV1(text(input, 'traceId'))) }),
  'signature.sign': (input) => ({ text: writeText(frameV2(text(input, 'traceId'), keyOf(member(input, 'key')))) }),
  'signature.extract': (input) => extract(text(input, 'text'), keysOf(input)),
  'signature.strip': (input) => ({ text: writeText(strip(text(input, 'text'), keysOf(input))) }),
  'signature.carrier': carrier,
  'exchange.rewrite-request': rewrite,
  'exchange.embed': embed,
  'exchange.embed-stream': embedStream,
  'stitch.resolve': resolve,
  'agent.validate': (input) => ({ faults: registrationFaults(bodyOf(input)) }),
  'agent.version-hash': hashVersion,
  'agent.definition-hash': (input) => definitionHash(definitionOf(input, 'definition')),
  'agent.diff': diff,
  'event.validate': validateEvent,
  'event.timestamp': timestamp,
  'trace.findings': (input) => ({ findings: traceFindings(input) }),
  'event.view': (input) => ({ view: eventView(bodyOf(input)) }),
  'event.canonicalize': (input) => ({ text: writeString(canonicalEncoding(bodyOf(input, tryParseJson))) }),
};

/** The answer to a line, or undefined where the testee is to end. */
function answerTo(line) {
  const message = parseJson(Buffer.from(line, 'utf8'), { depth: 100_000, values: Infinity });
  const command = stringMember(message, 'cmd');
  if (command === 'start') return INTRODUCTION;
  if (command === 'stop') return undefined;
  const seq = doubleOf(member(message, 'seq'));
  const name = stringMember(message, 'op');
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation === undefined) return { seq, skipped: 'not implemented' };
  try {
    return { seq, output: operation(member(message, 'input')) };
  } catch (error) {
    if (typeof error.code === 'string') return { seq, error: error.code };
    throw error;
  }
}

for await (const line of readline.createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const answer = answerTo(line);
  if (answer === undefined) break;
  process.stdout.write(`${stringify(answer)}\n`);
}
process.exitCode = 0;
