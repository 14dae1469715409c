// The WhyOps protocol in node and in browsers: whyops.wasm behind plain functions. `whyops.h` says what each one does.
//
//   import { load } from "./whyops.mjs";
//   const whyops = await load();
//   whyops.strip("text")
//
// Texts are strings or Uint8Arrays. `strip` gives what it got, a string for a string, and its offsets and those of `place`
// count what a string or array counts; half a surrogate pair in a string survives. All other results are Uint8Arrays or,
// where it says so, values. What a rule refuses is thrown as a `Refusal`, misuse as a `TypeError`.

const OK = 0, NONE = 1, REFUSED = 2;
const IGNORE_V1 = 1, JSON_STRING = 2, DEFAULT_LIMIT = 0xffffffff;
const FORMATS = { chat: 0, messages: 1, responses: 2 };
const POLICIES = { careful: 0, always: 1 };
const PROFILES = { original: 0, strict: 1 };
const utf8 = new TextEncoder();
const text = new TextDecoder();

/** The input breaks a rule: `detail` is the fault, or a list of faults, as the specification names them. */
export class Refusal extends Error {
    constructor(detail) {
        super(JSON.stringify(detail));
        this.name = "Refusal";
        this.detail = detail;
    }
}

/**
 * Loads the module: from its place beside this file, or from a URL, bytes or a compiled WebAssembly.Module.
 * Each call makes an instance with a memory of its own. After a RuntimeError the instance must not be used again.
 */
export async function load(source = new URL("whyops.wasm", import.meta.url)) {
    if (source instanceof URL && source.protocol === "file:") {
        const { readFile } = await import("node:fs/promises");
        source = await readFile(source);
    } else if (source instanceof URL) {
        source = await (await fetch(source)).arrayBuffer();
    }
    const module = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(source);
    let exports;
    const random = (place, count) => {
        for (let done = 0; done < count; done += 65536) {
            const piece = Math.min(65536, count - done);
            globalThis.crypto.getRandomValues(new Uint8Array(exports.memory.buffer, place + done, piece));
        }
    };
    exports = (await WebAssembly.instantiate(module, { whyops: { random } })).exports;
    return new WhyOps(exports);
}

function number(names, name) {
    if (!Object.hasOwn(names, name)) throw new TypeError(`expected one of ${Object.keys(names)}, not ${name}`);
    return names[name];
}

function bytes(value) {
    if (value instanceof Uint8Array) return value;
    if (typeof value !== "string") throw new TypeError("expected a string or a Uint8Array");
    if (/\p{Surrogate}/u.test(value)) throw new TypeError("half a surrogate pair cannot be written as UTF-8");
    return utf8.encode(value);
}

/** A string as JSON writes it between the quotes, where half a surrogate pair can stand, and the option that says so. */
function spelt(value) {
    return typeof value === "string" ? [utf8.encode(JSON.stringify(value).slice(1, -1)), JSON_STRING] : [value, 0];
}

const unspelt = (value) => JSON.parse(`"${text.decode(value)}"`);

class WhyOps {
    #exports;
    #lost = new FinalizationRegistry(({ free, address }) => this.#exports[free](address));

    constructor(exports) {
        this.#exports = exports;
    }

    /** The version of the specification. */
    get specVersion() {
        const start = this.#exports.whyops_spec_version();
        const memory = new Uint8Array(this.#exports.memory.buffer);
        return text.decode(memory.subarray(start, memory.indexOf(0, start)));
    }

    /** A set of keys from `[{id, bytes}]`; the first one signs. */
    keys(list) {
        const records = new Uint8Array(33 * list.length);
        list.forEach((key, index) => {
            if (key.bytes.length !== 32) throw new TypeError("a key has 32 bytes");
            records[33 * index] = key.id;
            records.set(key.bytes, 33 * index + 1);
        });
        return this.#handle("whyops_keys_free", (out) =>
            this.#inputs([records], (record) => this.#exports.whyops_keys_create(record, list.length, out)));
    }

    encode(traceId) {
        return this.#call([traceId], (id, result) => this.#exports.whyops_signature_encode(...id, result));
    }

    sign(traceId, keys) {
        return this.#call([traceId], (id, result) => this.#exports.whyops_signature_sign(...id, keys.address, result));
    }

    /** `{traceId, version}`, or null. */
    extract(source, { keys, ignoreV1 = false } = {}) {
        const [input, options] = spelt(source);
        return this.#word((version) => {
            const id = this.#call([input], (pair, result) => this.#exports.whyops_signature_extract(
                ...pair, keys?.address ?? 0, options | (ignoreV1 ? IGNORE_V1 : 0), result, version));
            return id && { traceId: text.decode(id), version: this.#read(version) };
        });
    }

    /** The text without its frames. */
    strip(source, keys) {
        const [input, options] = spelt(source);
        const rest = this.#call([input], (pair, result) => this.#exports.whyops_signature_strip(
            ...pair, keys?.address ?? 0, options, result));
        if (!rest) return source;
        return options ? unspelt(rest) : rest;
    }

    /** Where in a text a frame goes, or null. */
    place(source, policy = "careful") {
        const [input, options] = spelt(source);
        return this.#word((offset) => {
            const status = this.#inputs([input], (start, length) => this.#exports.whyops_signature_place(
                start, length, number(POLICIES, policy), options, offset));
            this.#check(status);
            if (status === NONE) return null;
            return options ? unspelt(input.subarray(0, this.#read(offset))).length : this.#read(offset);
        });
    }

    /** Throws where a text is not JSON or beyond the limits. */
    checkJSON(source, { depth = DEFAULT_LIMIT, values = DEFAULT_LIMIT } = {}) {
        this.#call([source], (input, result) => this.#exports.whyops_json_check(...input, depth, values, result));
    }

    canonicalizeJSON(source) {
        return this.#call([source], (input, result) => this.#exports.whyops_json_canonicalize(...input, result));
    }

    /** Reads a request body: an object with `forwarded`, `describe()`, `resolve()` and `free()`. */
    readRequest(body, format, keys) {
        return new ExchangeRequest(bytes(body), this.#handle("whyops_request_free", (out) =>
            this.#refusable((fault) => this.#inputs([body], (start, length) => this.#exports.whyops_request_read(
                start, length, number(FORMATS, format), keys?.address ?? 0, out, fault)))), {
            forwarded: (address) => this.#call([], (result) => this.#exports.whyops_request_forwarded(address, result)),
            describe: (address) => this.#json([], (result) => this.#exports.whyops_request_describe(address, result)),
            resolve: (address, trace, thread, known, ignoreV1) => this.#json([trace, thread, known],
                (first, second, third, result) => this.#exports.whyops_request_resolve(
                    address, ...first, ...second, ...third, ignoreV1 ? IGNORE_V1 : 0, result)),
        });
    }

    stripBody(body, keys) {
        return this.#call([body], (input, result) => this.#exports.whyops_body_strip(
            ...input, keys?.address ?? 0, result)) ?? body;
    }

    embedReply(body, format, frame, policy = "careful") {
        return this.#call([body, frame], (input, mark, result) => this.#exports.whyops_reply_embed(
            ...input, number(FORMATS, format), ...mark, number(POLICIES, policy), result)) ?? body;
    }

    /** A streamed reply: an object with `read(chunk)`, `finish()` and `free()`. */
    stream(format, frame, policy = "careful") {
        return new ReplyStream(this.#handle("whyops_stream_free", (out) =>
            this.#inputs([frame ?? ""], (start, length) => this.#exports.whyops_stream_create(
                number(FORMATS, format), start, length, number(POLICIES, policy), out))), {
            read: (address, chunk) => this.#call([chunk],
                (input, result) => this.#exports.whyops_stream_read(address, ...input, result)),
            finish: (address) => this.#call([], (result) => this.#exports.whyops_stream_finish(address, result)),
        });
    }

    validateAgent(body) {
        this.#call([body], (input, result) => this.#exports.whyops_agent_validate(...input, result));
    }

    /** `{versionHash, canonical}` */
    versionHash(definition) {
        return this.#json([definition], (input, result) => this.#exports.whyops_agent_version_hash(...input, result));
    }

    /** `{definitionHash, canonical, systemPrompt, description, tools}`, or null where there is no canonical form. */
    definitionHash(definition) {
        return this.#json([definition], (input, result) =>
            this.#exports.whyops_agent_definition_hash(...input, result));
    }

    /** `{changes}` */
    compareDefinitions(before, after) {
        return this.#json([before, after], (old, new_, result) =>
            this.#exports.whyops_agent_diff(...old, ...new_, result));
    }

    /** `eventType` is the type that the route stands for, if it does; `tenant` whose ids count, if it matters. */
    validateEvent(body, { profile = "original", eventType, tenant } = {}) {
        this.#call([body, eventType, tenant && JSON.stringify(tenant)],
            (input, type, ids, result) => this.#exports.whyops_event_validate(
                ...input, number(PROFILES, profile), ...type, ...ids, result));
    }

    viewEvent(event) {
        return this.#json([event], (input, result) => this.#exports.whyops_event_view(...input, result));
    }

    canonicalizeEvent(event) {
        return this.#call([event], (input, result) => this.#exports.whyops_event_canonicalize(...input, result));
    }

    normalizeTimestamp(source) {
        const normal = this.#call([source], (input, result) =>
            this.#exports.whyops_timestamp_normalize(...input, result));
        return normal && text.decode(normal);
    }

    // The border.

    #read(place) {
        return new DataView(this.#exports.memory.buffer).getUint32(place, true);
    }

    #allocate(count) {
        const place = this.#exports.whyops_allocate(count);
        if (place === 0) throw new RangeError("out of memory");
        return place;
    }

    /** Puts texts into the module's memory while `body` runs; an absent one is NULL. */
    #inputs(values, body) {
        const places = [];
        try {
            const pairs = values.map((value) => {
                if (value === null || value === undefined) return [0, 0];
                const source = bytes(value);
                const place = this.#allocate(Math.max(1, source.length));
                places.push(place);
                new Uint8Array(this.#exports.memory.buffer).set(source, place);
                return [place, source.length];
            });
            return body(...pairs.flat());
        } finally {
            for (const place of places) this.#exports.whyops_release(place);
        }
    }

    /** Two words of the module's memory, zero, while `body` runs. */
    #word(body) {
        const place = this.#allocate(8);
        try {
            new Uint8Array(this.#exports.memory.buffer).fill(0, place, place + 8);
            return body(place);
        } finally {
            this.#exports.whyops_release(place);
        }
    }

    #take(result) {
        const start = this.#read(result), length = this.#read(result + 4);
        const taken = new Uint8Array(this.#exports.memory.buffer).slice(start, start + length);
        this.#exports.whyops_result_free(result);
        return taken;
    }

    #check(status) {
        if (status !== OK && status !== NONE) throw new TypeError("the arguments are not allowed");
    }

    /** Runs a call that may refuse its input with a fault. */
    #refusable(body) {
        return this.#word((result) => {
            const status = body(result);
            if (status === REFUSED) throw new Refusal(JSON.parse(text.decode(this.#take(result))));
            return status;
        });
    }

    /** The bytes that a function with a result gives; null where it found nothing. */
    #call(values, body) {
        return this.#inputs(values, (...flat) => this.#word((result) => {
            const pairs = values.map((_, index) => [flat[2 * index], flat[2 * index + 1]]);
            const status = body(...pairs, result);
            if (status === REFUSED) throw new Refusal(JSON.parse(text.decode(this.#take(result))));
            this.#check(status);
            return status === NONE ? null : this.#take(result);
        }));
    }

    #json(values, body) {
        const output = this.#call(values, body);
        return output && JSON.parse(text.decode(output));
    }

    /** An object of the module, freed by `free()` or when it is lost. */
    #handle(free, create) {
        const address = this.#word((out) => {
            this.#check(create(out));
            return this.#read(out);
        });
        const handle = new Handle(address, () => {
            this.#lost.unregister(handle);
            this.#exports[free](address);
        });
        this.#lost.register(handle, { free, address }, handle);
        return handle;
    }
}

class Handle {
    #address;
    #release;

    constructor(address, release) {
        this.#address = address;
        this.#release = release;
    }

    get address() {
        if (this.#release === undefined) throw new TypeError("it has been freed");
        return this.#address;
    }

    free() {
        this.#release?.();
        this.#release = undefined;
    }
}

class ExchangeRequest {
    #body;
    #handle;
    #calls;

    constructor(body, handle, calls) {
        this.#body = body;
        this.#handle = handle;
        this.#calls = calls;
    }

    get forwarded() {
        return this.#calls.forwarded(this.#handle.address) ?? this.#body;
    }

    describe() {
        return this.#calls.describe(this.#handle.address);
    }

    resolve({ traceHeader, threadHeader, known, ignoreV1 = false } = {}) {
        const list = known && JSON.stringify(known);
        return this.#calls.resolve(this.#handle.address, traceHeader, threadHeader, list, ignoreV1);
    }

    free() {
        this.#handle.free();
    }
}

class ReplyStream {
    #handle;
    #calls;

    constructor(handle, calls) {
        this.#handle = handle;
        this.#calls = calls;
    }

    read(chunk) {
        return this.#calls.read(this.#handle.address, chunk);
    }

    finish() {
        return this.#calls.finish(this.#handle.address);
    }

    free() {
        this.#handle.free();
    }
}
