// UUIDs as text: 8-4-4-4-12 hexadecimal digits (EVT-10).

const FORM = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

export const isUuid = (text) => text !== undefined && FORM.test(text);

/** The canonical text of a UUID is in lower case (SIG-16). */
export const isCanonicalUuid = (text) => isUuid(text) && text === text.toLowerCase();
