// Agent definitions: what is accepted, the hash of a version and the hash of a definition (spec/agent.md).

import { createHash } from 'node:crypto';
import { NoCanonicalForm, byCodeUnits, canonicalForm, compactText, quoted } from './canonical-json.mjs';
import { tryParseJson } from './json-text.mjs';
import { isArray, isObject, isString, member, stringMember } from './json-values.mjs';
import { bytesFromString } from './scalars.mjs';

export class InvalidDefinition extends Error {
  constructor() {
    super('agent.invalid');
    this.code = 'agent.invalid';
  }
}

/** The rules of a member that is a string: `required` unless it may be absent, `type`, and its length in UTF-16 code units. */
function stringFaults(node, pointer, rule, { isRequired = false, least = 0, most = Infinity, isIdentifier = false }) {
  const fault = (broken) => [{ pointer, rule: `${rule}.${broken}` }];
  if (node === undefined) return isRequired ? fault('required') : [];
  if (!isString(node)) return fault('type');
  if (node.value.length < least) return fault('minLength');
  if (node.value.length > most) return fault('maxLength');
  return isIdentifier && node.value.includes('\0') ? [{ pointer, rule: 'string.nul' }] : []; // AGT-11
}

function toolFaults(tool, pointer) {
  if (!isObject(tool)) return [{ pointer, rule: 'tool.type' }];
  const schemaFaults = (name) => (isObject(member(tool, name)) ? [] : stringFaults(member(tool, name), `${pointer}/${name}`, `tool.${name}`, {}));
  return [
    ...stringFaults(member(tool, 'name'), `${pointer}/name`, 'tool.name', { isRequired: true, least: 1 }),
    ...schemaFaults('inputSchema'), // AGT-3, AGT-4
    ...schemaFaults('outputSchema'),
    ...stringFaults(member(tool, 'description'), `${pointer}/description`, 'tool.description', {}),
  ];
}

/** The broken rules of a registration's `metadata` (AGT-1 to AGT-3). */
function metadataFaults(metadata, pointer) {
  if (metadata === undefined) return [{ pointer, rule: 'metadata.required' }];
  if (!isObject(metadata)) return [{ pointer, rule: 'metadata.type' }];
  const tools = member(metadata, 'tools');
  const toolsFaults = () => {
    if (tools === undefined) return [{ pointer: `${pointer}/tools`, rule: 'tools.required' }];
    if (!isArray(tools)) return [{ pointer: `${pointer}/tools`, rule: 'tools.type' }];
    return tools.items.flatMap((tool, i) => toolFaults(tool, `${pointer}/tools/${i}`));
  };
  return [
    ...stringFaults(member(metadata, 'systemPrompt'), `${pointer}/systemPrompt`, 'systemPrompt', { isRequired: true, least: 1 }),
    ...toolsFaults(),
    ...stringFaults(member(metadata, 'description'), `${pointer}/description`, 'description', {}),
  ];
}

/** Every broken rule of a registration: `{pointer, rule}`. */
export function registrationFaults(body) {
  if (!isObject(body)) return [{ pointer: '', rule: 'body.type' }];
  return [
    ...stringFaults(member(body, 'agentName'), '/agentName', 'agentName', { isRequired: true, least: 1, most: 255, isIdentifier: true }),
    ...metadataFaults(member(body, 'metadata'), '/metadata'),
  ];
}

/** The node of a definition's text. Throws InvalidDefinition (AGT-26). */
export function readDefinition(bytes) {
  const metadata = tryParseJson(bytes);
  if (metadata === null || metadataFaults(metadata, '').length > 0) throw new InvalidDefinition();
  return metadata;
}

const sha256 = (text) => createHash('sha256').update(text, 'utf8').digest('hex');

/** Absent where it is missing or the empty string. */
const present = (node) => (isString(node) && node.value === '' ? undefined : node);

/** `{canonical, versionHash}` of an accepted definition (AGT-3 to AGT-7). */
export function versionHash(metadata) {
  const written = (node) => (isObject(node) ? quoted(compactText(node)) : quoted(node.value));
  const object = (pairs) => `{${pairs.filter(([, text]) => text !== undefined).map(([name, text]) => `"${name}":${text}`).join(',')}}`;
  const optional = (node) => (node === undefined ? undefined : written(node));
  const tools = member(metadata, 'tools').items.map((tool) =>
    object(['name', 'inputSchema', 'outputSchema', 'description'].map((name) => [name, optional(present(member(tool, name)))])));
  const canonical = object([
    ['systemPrompt', written(member(metadata, 'systemPrompt'))],
    ['tools', `[${tools.join(',')}]`],
    ['description', optional(member(metadata, 'description'))], // AGT-5: present when it is empty
  ]);
  return { canonical, versionHash: sha256(canonical).slice(0, 32) };
}

/** A schema that is a string is the value of its text, where that is JSON (AGT-21). */
function schemaValue(node) {
  return isString(node) ? tryParseJson(bytesFromString(node.value)) ?? node : node;
}

function normalTool(tool) {
  const schema = (name) => {
    const node = present(member(tool, name));
    return node === undefined ? undefined : schemaValue(node);
  };
  const normal = {
    name: stringMember(tool, 'name'),
    description: present(member(tool, 'description')),
    inputSchema: schema('inputSchema'),
    outputSchema: schema('outputSchema'),
  };
  normal.canonical = objectText([
    ['description', normal.description], ['inputSchema', normal.inputSchema], ['name', member(tool, 'name')], ['outputSchema', normal.outputSchema],
  ].map(([name, node]) => [name, node && canonicalForm(node)]));
  return normal;
}

/** An object of members whose names are sorted already; those without a text are left out. */
const objectText = (pairs) => `{${pairs.filter(([, text]) => text !== undefined).map(([name, text]) => `"${name}":${text}`).join(',')}}`;

/**
 * The normal form of an accepted definition (AGT-20 to AGT-22): `systemPrompt`, `description` (undefined if absent), the sorted
 * `tools` with the nodes of their members, and of each tool and of the whole the `canonical` form. Throws NoCanonicalForm.
 */
export function normalForm(metadata) {
  const tools = member(metadata, 'tools').items.map(normalTool).sort((a, b) =>
    byCodeUnits(a.name, b.name) || Buffer.compare(Buffer.from(a.canonical), Buffer.from(b.canonical)));
  const systemPrompt = member(metadata, 'systemPrompt');
  const description = present(member(metadata, 'description'));
  const canonical = objectText([
    ['description', description && canonicalForm(description)],
    ['systemPrompt', canonicalForm(systemPrompt)],
    ['tools', `[${tools.map((tool) => tool.canonical).join(',')}]`],
  ]);
  return { systemPrompt, description, tools, canonical };
}

const hashOf = (text) => `sha256:${sha256(text)}`; // AGT-23

/** The definition's hash and what stands beside it, all null where there is no canonical form (AGT-24, AGT-25). */
export function definitionHash(metadata) {
  try {
    const { systemPrompt, description, tools, canonical } = normalForm(metadata);
    return {
      definitionHash: hashOf(canonical),
      canonical,
      systemPrompt: hashOf(canonicalForm(systemPrompt)),
      description: description === undefined ? null : hashOf(canonicalForm(description)),
      tools: tools.map((tool) => ({ name: tool.name, hash: hashOf(tool.canonical) })),
    };
  } catch (error) {
    if (!(error instanceof NoCanonicalForm)) throw error;
    return { definitionHash: null, canonical: null, systemPrompt: null, description: null, tools: null };
  }
}
