// Requests that a recorded route has to refuse (EXC-5, EXC-6, EXC-8).

import { JsonFault, parseJson } from './json-text.mjs';
import { isObject, member } from './json-values.mjs';

/** `code` is the fault of EXC-64. */
class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

function check(root, name, kinds, mayBeMissing = false) {
  const kind = member(root, name)?.kind;
  if (kind === undefined && mayBeMissing) return;
  if (kind === undefined) throw new Refused('request.member-missing');
  if (!kinds.includes(kind)) throw new Refused('request.member-type');
}

/** The JSON of a body; throws where it has to be refused. */
export function acceptedRequest(body, format) {
  const root = parseJson(body);
  if (!isObject(root)) throw new Refused('request.body-type');
  if (format === 'responses') {
    const hasPrompt = isObject(member(root, 'prompt'));
    check(root, 'model', hasPrompt ? ['string', 'null'] : ['string'], hasPrompt);
    check(root, 'input', ['string', 'array', 'null'], true);
  } else {
    check(root, 'model', ['string']);
    check(root, 'messages', ['array']);
  }
  return root;
}

/** The same, null where it has to be refused. */
export function acceptedOrNull(body, format) {
  try {
    return acceptedRequest(body, format);
  } catch (error) {
    if (error instanceof JsonFault || error instanceof Refused) return null;
    throw error;
  }
}
