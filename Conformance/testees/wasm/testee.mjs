// The core as a WebAssembly module, answering the runner: `node testee.mjs DIRECTORY`, where the directory is what
// Sources/CWhyOps/packaging/build made.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

if (process.argv.length !== 3) {
    console.error("usage: node testee.mjs DIRECTORY");
    process.exit(2);
}
const library = pathToFileURL(resolve(process.argv[2]) + "/");
const { load, Refusal } = await import(new URL("whyops.mjs", library));
const whyops = await load();

class Code extends Error {}

/** A text of the protocol as bytes (Conformance/README.md, "Texts"). */
function read(value) {
    if (typeof value === "string") return units(value);
    if (value.hex !== undefined) return new Uint8Array(Buffer.from(value.hex, "hex"));
    return units(JSON.parse(`"${value.escaped}"`));
}

/** UTF-8, where half a surrogate pair has three bytes. */
function units(string) {
    if (string.isWellFormed()) return new TextEncoder().encode(string);
    const output = [];
    for (const scalar of string) {
        const code = scalar.codePointAt(0);
        if (code >= 0xd800 && code <= 0xdfff) {
            output.push(0xe0 | code >> 12, 0x80 | code >> 6 & 0x3f, 0x80 | code & 0x3f);
        } else {
            output.push(...new TextEncoder().encode(scalar));
        }
    }
    return new Uint8Array(output);
}

const write = (bytes) => ({ hex: Buffer.from(bytes).toString("hex") });
const plain = (value) => read(value);

/** A text as the library takes it: a string where it holds half a surrogate pair, else bytes. */
const text = (value) => value.escaped === undefined ? plain(value) : JSON.parse(`"${value.escaped}"`);
const spelt = (value) => typeof value === "string" ? { escaped: JSON.stringify(value).slice(1, -1) } : write(value);
const json = (value) => JSON.stringify(value);
const value = (input, name) => (input.text === undefined ? json(input[name]) : plain(input.text));

/** The keys of a case, if it has any, while `body` runs. */
function withKeys(list, body) {
    if (!list) return body(undefined);
    const keys = whyops.keys(list.map(({ id, key }) => ({ id, bytes: Buffer.from(key, "hex") })));
    try {
        return body(keys);
    } finally {
        keys.free();
    }
}

function frame(input) {
    const id = plain(input.traceId);
    return input.key ? withKeys([input.key], (keys) => whyops.sign(id, keys)) : whyops.encode(id);
}

function faults(body) {
    try {
        body();
        return { faults: [] };
    } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (!Array.isArray(error.detail)) throw new Code(error.detail.code);
        return { faults: error.detail };
    }
}

/** A request while `body` runs. */
function withRequest(format, body, keys, use) {
    const request = whyops.readRequest(body, format, keys);
    try {
        return use(request);
    } finally {
        request.free();
    }
}

function resolveTrace(input, request) {
    const header = (name) => {
        const entry = Object.entries(input.headers ?? {}).find(([key]) => key.toLowerCase() === name);
        return entry && entry[1];
    };
    return request.resolve({
        traceHeader: header("x-trace-id"), threadHeader: header("x-thread-id"),
        known: input.known, ignoreV1: input.acceptV1 === false,
    });
}

/** The frame for a reply to this request, or null where it must not carry one. */
function replyFrame(input) {
    if (input.policy === "off" || (input.status ?? 200) < 200 || (input.status ?? 200) > 299) return null;
    try {
        const constraint = (request) => request.describe().constraint;
        return withRequest(input.format, plain(input.request), undefined, constraint) ? null : frame(input);
    } catch (error) {
        if (error instanceof Refusal) return null;
        throw error;
    }
}

const operations = {
    "json.check": ({ text, limits }) => {
        try {
            whyops.checkJSON(plain(text), limits);
            return { code: null, offset: null };
        } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            return error.detail;
        }
    },
    "json.canonicalize": ({ text }) => ({ text: write(whyops.canonicalizeJSON(plain(text))) }),
    "signature.encode": ({ traceId }) => {
        const encoded = whyops.encode(plain(traceId));
        if (!encoded) throw new Code("signature.not-embeddable");
        return { text: write(encoded) };
    },
    "signature.sign": (input) => {
        const signed = frame(input);
        if (!signed) throw new Code("signature.not-embeddable");
        return { text: write(signed) };
    },
    "signature.extract": (input) => withKeys(input.keys, (keys) =>
        whyops.extract(text(input.text), { keys }) ?? { traceId: null, version: null }),
    "signature.strip": (input) => withKeys(input.keys, (keys) => ({ text: spelt(whyops.strip(text(input.text), keys)) })),
    "signature.carrier": (input) => {
        const source = text(input.text);
        const place = input.policy === "off" ? null : whyops.place(source, input.policy);
        const carries = place !== null;
        // The suite counts bytes.
        return { carries, offset: carries && typeof source === "string" ? units(source.slice(0, place)).length : place };
    },
    "exchange.rewrite-request": (input) => withKeys(input.keys, (keys) => {
        if (input.format === "other") {
            return { body: write(whyops.stripBody(plain(input.body), keys)), traceId: null };
        }
        return withRequest(input.format, plain(input.body), keys, (request) => {
            const { traceId, source } = resolveTrace(input, request);
            return { body: write(request.forwarded), traceId, source };
        });
    }),
    "stitch.resolve": (input) => withKeys(input.keys, (keys) =>
        withRequest(input.format, plain(input.body), keys, (request) => resolveTrace(input, request))),
    "exchange.embed": (input) => {
        const mark = replyFrame(input);
        const reply = plain(input.reply);
        return { body: write(mark ? whyops.embedReply(reply, input.format, mark, input.policy) : reply) };
    },
    "exchange.embed-stream": (input) => {
        const stream = whyops.stream(input.format, replyFrame(input), input.policy === "off" ? "careful" : input.policy);
        try {
            const outputs = input.chunks.map((chunk) => write(stream.read(plain(chunk))));
            return { outputs: [...outputs, write(stream.finish())] };
        } finally {
            stream.free();
        }
    },
    "agent.validate": (input) => faults(() => whyops.validateAgent(value(input, "body"))),
    "agent.version-hash": ({ definition }) => whyops.versionHash(plain(definition)),
    // Without a canonical form the hashes are null, which is the same as absent.
    "agent.definition-hash": ({ definition }) => whyops.definitionHash(plain(definition)) ?? {},
    "agent.diff": ({ before, after }) => whyops.compareDefinitions(plain(before), plain(after)),
    "event.timestamp": ({ text }) => ({ timestamp: whyops.normalizeTimestamp(plain(text)) }),
    "event.view": (input) => ({ view: whyops.viewEvent(value(input, "body")) }),
    "event.canonicalize": (input) => ({ text: write(whyops.canonicalizeEvent(value(input, "body"))) }),
    "event.validate": (input) => faults(() => whyops.validateEvent(value(input, "body"), input)),
};

/** The error that a refusal stands for. A definition or an event that is not JSON is as invalid as any other. */
function refusalCode(area, detail) {
    if (Array.isArray(detail)) return `${area}.invalid`;
    const isBody = area === "agent" || area === "event";
    return isBody && detail.code !== "json.no-canonical-form" ? `${area}.invalid` : detail.code;
}

function answer(message) {
    if (message.cmd === "start") {
        return {
            protocol: 1,
            implementation: { name: "whyops-wasm", version: whyops.specVersion, language: "WebAssembly" },
            spec: [whyops.specVersion], features: ["bytes", "surrogates"],
        };
    }
    const operation = operations[message.op];
    if (!operation) return { seq: message.seq, skipped: "not implemented" };
    try {
        return { seq: message.seq, output: operation(message.input) };
    } catch (error) {
        if (error instanceof Code) return { seq: message.seq, error: error.message };
        if (error instanceof Refusal) {
            return { seq: message.seq, error: refusalCode(message.op.split(".")[0], error.detail) };
        }
        throw error;
    }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const message = JSON.parse(line);
    if (message.cmd === "stop") break;
    process.stdout.write(JSON.stringify(answer(message)) + "\n");
}
