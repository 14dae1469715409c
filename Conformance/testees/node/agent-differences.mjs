// What changed between two definitions, as a list of changes and as sentences (spec/agent.md, AGT-30 to AGT-38).

import { byCodeUnits, canonicalForm } from './canonical-json.mjs';
import { effectiveMembers, isArray, isObject, isString, member, pointerToken } from './json-values.mjs';

/** The JSON value of a node as this language has it, null where there is none. */
const valueOf = (node) => (node === undefined ? null : JSON.parse(canonicalForm(node)));
const areEqual = (a, b) => (a === undefined || b === undefined ? a === b : canonicalForm(a) === canonicalForm(b));
const namesOf = (...objects) =>
  [...new Set(objects.flatMap((object) => (object === undefined ? [] : [...effectiveMembers(object).keys()])))].sort(byCodeUnits);

/** A place in a schema of a tool: what its pointer and its words are made of. */
class Place {
  constructor(tool, schema, pointer = '', path = null) {
    this.tool = tool;
    this.schema = schema;
    this.pointer = pointer;
    this.path = path;
  }

  property(name) {
    const path = this.path === null ? name : `${this.path}.${name}`;
    return new Place(this.tool, this.schema, `${this.pointer}/properties/${pointerToken(name)}`, path);
  }

  get items() {
    return new Place(this.tool, this.schema, `${this.pointer}/items`, `${this.path ?? ''}[]`);
  }

  /** S or P of the table. */
  get words() {
    const isOutput = this.schema === 'outputSchema';
    if (this.path === null) return isOutput ? 'output schema' : 'input schema';
    return `${isOutput ? 'output property' : 'property'} \`${this.path}\``;
  }

  change(code, before, after, sentence, keyword) {
    const pointer = keyword === undefined ? this.pointer : `${this.pointer}/${pointerToken(keyword)}`;
    return {
      code, tool: this.tool, schema: this.schema, pointer, before: valueOf(before), after: valueOf(after),
      sentence: `tool \`${this.tool}\`: ${this.words}${sentence}`,
    };
  }
}

function schemaChanges(place, before, after) {
  if (areEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [place.change('schema.changed', before, after, ' changed')];
  return namesOf(before, after).flatMap((keyword) => // AGT-32
    keywordChanges(place, keyword, member(before, keyword), member(after, keyword), before, after));
}

const isObjectOrNothing = (node) => node === undefined || isObject(node);
const isNamesOrNothing = (node) => node === undefined || (isArray(node) && node.items.every(isString));

function keywordChanges(place, keyword, before, after, beforeSchema, afterSchema) {
  if (keyword === 'properties' && isObjectOrNothing(before) && isObjectOrNothing(after)) {
    return propertyChanges(place, before, after, afterSchema);
  }
  if (keyword === 'required' && isNamesOrNothing(before) && isNamesOrNothing(after)) {
    return requiredChanges(place, before, after, beforeSchema, afterSchema);
  }
  if (keyword === 'enum' && isArray(before) && isArray(after)) return enumChanges(place, before, after);
  if (keyword === 'items' && isObject(before) && isObject(after)) return schemaChanges(place.items, before, after);
  if (areEqual(before, after)) return [];
  if (keyword === 'type') return typeChanges(place, before, after);
  if (keyword === 'description') {
    return [place.change('schema.description-changed', before, after, ': description changed', keyword)]; // AGT-36
  }
  return [place.change('keyword.changed', before, after, `: \`${keyword}\` changed`, keyword)];
}

const hasName = (list, name) => list !== undefined && isArray(list) && list.items.some((item) => item.value === name);

/** AGT-33 */
function propertyChanges(place, before, after, afterSchema) {
  return namesOf(before, after).flatMap((name) => {
    const [old, now] = [member(before, name), member(after, name)];
    const property = place.property(name);
    if (now === undefined) return [property.change('property.removed', old, undefined, ' removed')];
    if (old !== undefined) return schemaChanges(property, old, now);
    const isRequired = hasName(member(afterSchema, 'required'), name);
    return [property.change('property.added', undefined, now, isRequired ? ' added and required' : ' added')];
  });
}

/** AGT-34; where AGT-33 does not compare `properties`, no name is passed over. */
function requiredChanges(place, before, after, beforeSchema, afterSchema) {
  const comparesProperties = [beforeSchema, afterSchema].every((schema) => isObjectOrNothing(member(schema, 'properties')));
  const isProperty = (schema, name) => comparesProperties && member(member(schema, 'properties'), name) !== undefined;
  const names = [...new Set([before, after].flatMap((list) => (list?.items ?? []).map((item) => item.value)))].sort(byCodeUnits);
  return names.flatMap((name) => {
    const [was, is] = [hasName(before, name), hasName(after, name)];
    if (was === is || isProperty(beforeSchema, name) !== isProperty(afterSchema, name)) return [];
    const [code, words] = is ? ['property.became-required', ' became required'] : ['property.became-optional', ' became optional'];
    return [place.property(name).change(code, undefined, undefined, words)];
  });
}

/** AGT-35 */
function enumChanges(place, before, after) {
  const byForm = (list) => new Map(list.items.map((item) => [canonicalForm(item), item]));
  const [old, now] = [byForm(before), byForm(after)];
  const only = (here, there) => [...here].filter(([form]) => !there.has(form))
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return [
    ...only(old, now).map(([form, item]) => place.change('enum.removed', item, undefined, `: value ${form} removed`, 'enum')),
    ...only(now, old).map(([form, item]) => place.change('enum.added', undefined, item, `: value ${form} added`, 'enum')),
  ];
}

/** AGT-35: the order of several types is no change. */
function typeChanges(place, before, after) {
  const sorted = (list) => list.items.map(canonicalForm).sort(byCodeUnits).join(',');
  if (isArray(before) && isArray(after) && sorted(before) === sorted(after)) return [];
  const words = (node) => (node === undefined ? 'none' : isString(node) ? node.value : canonicalForm(node));
  return [place.change('type.changed', before, after, `: type changed from ${words(before)} to ${words(after)}`, 'type')];
}

function plainChange(code, tool, before, after, sentence) {
  return { code, tool, schema: null, pointer: null, before, after, sentence };
}

function toolChanges(before, after) {
  const tool = after.name;
  const changes = [];
  if (!areEqual(before.description, after.description)) {
    changes.push(plainChange('tool.description-changed', tool, valueOf(before.description), valueOf(after.description),
      `tool \`${tool}\`: description changed`));
  }
  for (const schema of ['inputSchema', 'outputSchema']) {
    const place = new Place(tool, schema);
    const [old, now] = [before[schema], after[schema]];
    if (old === undefined && now !== undefined) changes.push(place.change('schema.added', old, now, ' added'));
    else if (old !== undefined && now === undefined) changes.push(place.change('schema.removed', old, now, ' removed'));
    else changes.push(...schemaChanges(place, old, now));
  }
  return changes;
}

/** The changes between two normal forms, in the order of AGT-30. */
export function differences(before, after) {
  const changes = [];
  if (!areEqual(before.systemPrompt, after.systemPrompt)) {
    changes.push(plainChange('prompt.changed', null, valueOf(before.systemPrompt), valueOf(after.systemPrompt), 'system prompt changed'));
  }
  if (!areEqual(before.description, after.description)) {
    changes.push(plainChange('description.changed', null, valueOf(before.description), valueOf(after.description), 'description changed'));
  }
  const names = [...new Set([...before.tools, ...after.tools].map((tool) => tool.name))].sort(byCodeUnits);
  for (const name of names) {
    const old = before.tools.filter((tool) => tool.name === name);
    const now = after.tools.filter((tool) => tool.name === name);
    for (let i = 0; i < Math.max(old.length, now.length); i += 1) { // AGT-31
      if (i >= old.length) changes.push(plainChange('tool.added', name, null, JSON.parse(now[i].canonical), `tool \`${name}\` added`));
      else if (i >= now.length) changes.push(plainChange('tool.removed', name, JSON.parse(old[i].canonical), null, `tool \`${name}\` removed`));
      else changes.push(...toolChanges(old[i], now[i]));
    }
  }
  return changes;
}
