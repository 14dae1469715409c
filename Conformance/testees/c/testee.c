/*
 * The C interface under the conformance suite: answers the runner's lines (Conformance/README.md) with whyops.h alone.
 *
 *   cc testee.c json.c -I DIRECTORY DIRECTORY/libwhyops.a -o testee
 */
#include "json.h"
#include "whyops.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Texts of the protocol ---- */

static int digit(char letter) { return letter <= '9' ? letter - '0' : (letter | 0x20) - 'a' + 10; }

static void append_hex(json string, buffer *output) {
    for (size_t index = 1; index + 2 < string.length; index += 2) {
        uint8_t byte = (uint8_t)(digit(string.start[index]) << 4 | digit(string.start[index + 1]));
        append(output, &byte, 1);
    }
}

/* A text as it is given to the library: where it holds half a surrogate pair, as the inside of a JSON string. */
static buffer spelt(json value, uint32_t *options) {
    buffer text = {0};
    json escaped = json_member(value, "escaped"), hex = json_member(value, "hex");
    if (options) *options = escaped.start ? WHYOPS_JSON_STRING : 0;
    if (escaped.start) json_decode(escaped, &text);
    else if (hex.start) append_hex(hex, &text);
    else if (value.start) json_decode(value, &text);
    return text;
}

/* The bytes of a spelt text; half a surrogate pair has three. */
static buffer unspelt(const uint8_t *bytes, size_t count, uint32_t options) {
    buffer text = {0}, quoted = {0};
    if (options & WHYOPS_JSON_STRING) {
        append_text(&quoted, "\"");
        append(&quoted, bytes, count);
        append_text(&quoted, "\"");
        json_decode((json){(char *)quoted.bytes, quoted.length}, &text);
        free(quoted.bytes);
    } else {
        append(&text, bytes, count);
    }
    return text;
}

static buffer text(json value) {
    uint32_t options;
    buffer raw = spelt(value, &options);
    buffer plain = unspelt(raw.bytes, raw.length, options);
    free(raw.bytes);
    return plain;
}

static void write_text(buffer *answer, const uint8_t *bytes, size_t count, uint32_t options) {
    if (options & WHYOPS_JSON_STRING) {
        append_text(answer, "{\"escaped\":");
        json_encode(bytes, count, answer);
        append_text(answer, "}");
        return;
    }
    append_text(answer, "{\"hex\":\"");
    for (size_t index = 0; index < count; index++) {
        const char *digits = "0123456789abcdef";
        char pair[2] = {digits[bytes[index] >> 4], digits[bytes[index] & 15]};
        append(answer, pair, 2);
    }
    append_text(answer, "\"}");
}

/* ---- Answers ---- */

static void write_error(buffer *answer, const char *code) {
    append_text(answer, "\"error\":\"");
    append_text(answer, code);
    append_text(answer, "\"");
}

/*
 * The error that a refusal stands for: the fault's own code, or `invalid` where there is a list of faults. A definition
 * that is not JSON is as invalid as any other.
 */
static void write_refusal(buffer *answer, whyops_result *fault, const char *invalid) {
    json code = json_member((json){(char *)fault->bytes, fault->length}, "code");
    /* A definition or an event that is not JSON is as invalid as any other. */
    bool body = strcmp(invalid, "agent.invalid") == 0 || strcmp(invalid, "event.invalid") == 0;
    if (code.start && !(body && !json_is(code, "json.no-canonical-form"))) {
        append_text(answer, "\"error\":");
        append(answer, code.start, code.length);
    } else {
        write_error(answer, invalid);
    }
}

/* An answer that is what the library gave, between two texts; or the refusal. Frees the result. */
static void write_json(
    buffer *answer, whyops_status status, whyops_result *result, const char *before, const char *after,
    const char *invalid) {
    if (status == WHYOPS_OK) {
        append_text(answer, before);
        append(answer, result->bytes, result->length);
        append_text(answer, after);
    } else if (status == WHYOPS_REFUSED) {
        write_refusal(answer, result, invalid);
    } else {
        write_error(answer, "input.malformed");
    }
    whyops_result_free(result);
}

/* An answer with one text: what the library gave, or what went in where nothing changed. Frees both. */
static void write_changed(
    buffer *answer, const char *name, whyops_status status, whyops_result *result, buffer *given, uint32_t options) {
    if (status == WHYOPS_OK || status == WHYOPS_NONE) {
        append_text(answer, name);
        if (status == WHYOPS_OK) write_text(answer, result->bytes, result->length, options);
        else write_text(answer, given->bytes, given->length, options);
    } else {
        write_error(answer, "input.malformed");
    }
    whyops_result_free(result);
    free(given->bytes);
}

/* An answer whose `text` is what the library gave; or the refusal. Frees the result. */
static void write_made(buffer *answer, whyops_status status, whyops_result *made, const char *invalid) {
    if (status == WHYOPS_OK) {
        append_text(answer, "\"output\":{\"text\":");
        write_text(answer, made->bytes, made->length, 0);
        append_text(answer, "}");
        whyops_result_free(made);
    } else {
        write_json(answer, status, made, "", "", invalid);
    }
}

/* ---- Arguments ---- */

static whyops_keys *keys(json list) {
    whyops_key keys[16];
    whyops_keys *set = NULL;
    size_t position = 0, count = 0;
    json item;
    while (count < 16 && json_next(list, &position, NULL, &item)) {
        buffer bytes = {0};
        append_hex(json_member(item, "key"), &bytes);
        keys[count].id = (uint8_t)json_integer(json_member(item, "id"), 255);
        if (bytes.length == sizeof keys[count].bytes) memcpy(keys[count++].bytes, bytes.bytes, bytes.length);
        free(bytes.bytes);
    }
    if (count > 0) whyops_keys_create(keys, count, &set);
    return set;
}

static whyops_status frame(json input, whyops_result *frame) {
    json key = json_member(input, "key");
    buffer id = text(json_member(input, "traceId"));
    whyops_status status;
    if (key.start) {
        buffer list = {0};
        append_text(&list, "[");
        append(&list, key.start, key.length);
        append_text(&list, "]");
        whyops_keys *set = keys((json){(char *)list.bytes, list.length});
        status = whyops_signature_sign(id.bytes, id.length, set, frame);
        whyops_keys_free(set);
        free(list.bytes);
    } else {
        status = whyops_signature_encode(id.bytes, id.length, frame);
    }
    free(id.bytes);
    return status;
}

static int32_t format(json input) {
    json name = json_member(input, "format");
    if (json_is(name, "chat")) return WHYOPS_FORMAT_CHAT;
    if (json_is(name, "messages")) return WHYOPS_FORMAT_MESSAGES;
    if (json_is(name, "responses")) return WHYOPS_FORMAT_RESPONSES;
    return -1;
}

static int32_t policy(json input) {
    return json_is(json_member(input, "policy"), "always") ? WHYOPS_POLICY_ALWAYS : WHYOPS_POLICY_CAREFUL;
}

/* A JSON value as it stands in the line, or a text where its spelling matters. */
static buffer value(json input) {
    json given = json_member(input, "text"), body = json_member(input, "body");
    if (given.start) return text(given);
    buffer copy = {0};
    append(&copy, body.start, body.length);
    return copy;
}

static buffer header(json input, const char *name) {
    buffer found = {0};
    size_t position = 0;
    json headers = json_member(input, "headers"), key, given;
    while (json_next(headers, &position, &key, &given)) {
        if (key.length != strlen(name) + 2) continue;
        size_t same = 0;
        while (same < strlen(name) && tolower((unsigned char)key.start[same + 1]) == name[same]) same++;
        if (same < strlen(name)) continue;
        found.length = 0;
        append(&found, "", 0);
        json_decode(given, &found);
        /* An empty header is there all the same, so its place must not be NULL. */
        if (!found.bytes) append(&found, "", 1), found.length = 0;
    }
    return found;
}

/* ---- Operations ---- */

static void json_check(json input, buffer *answer) {
    buffer given = text(json_member(input, "text"));
    json limits = json_member(input, "limits");
    whyops_result fault;
    whyops_status status = whyops_json_check(
        given.bytes, given.length, (size_t)json_integer(json_member(limits, "depth"), -1),
        (size_t)json_integer(json_member(limits, "values"), -1), &fault);
    append_text(answer, "\"output\":");
    if (status == WHYOPS_REFUSED) append(answer, fault.bytes, fault.length);
    else append_text(answer, status == WHYOPS_OK ? "{\"code\":null,\"offset\":null}" : "{}");
    whyops_result_free(&fault);
    free(given.bytes);
}

static void json_canonicalize(json input, buffer *answer) {
    buffer given = text(json_member(input, "text"));
    whyops_result canonical;
    whyops_status status = whyops_json_canonicalize(given.bytes, given.length, &canonical);
    write_made(answer, status, &canonical, "json.invalid");
    free(given.bytes);
}

static void signature_encode(json input, buffer *answer) {
    whyops_result made;
    if (frame(input, &made) == WHYOPS_OK) {
        append_text(answer, "\"output\":{\"text\":");
        write_text(answer, made.bytes, made.length, 0);
        append_text(answer, "}");
    } else {
        write_error(answer, "signature.not-embeddable");
    }
    whyops_result_free(&made);
}

static void signature_extract(json input, buffer *answer) {
    uint32_t options;
    buffer given = spelt(json_member(input, "text"), &options);
    whyops_keys *set = keys(json_member(input, "keys"));
    whyops_result id;
    int32_t version;
    whyops_status status = whyops_signature_extract(given.bytes, given.length, set, options, &id, &version);
    append_text(answer, "\"output\":{\"traceId\":");
    if (status == WHYOPS_OK) {
        char number[32];
        json_encode(id.bytes, id.length, answer);
        snprintf(number, sizeof number, ",\"version\":%d}", (int)version);
        append_text(answer, number);
    } else {
        append_text(answer, "null,\"version\":null}");
    }
    whyops_result_free(&id);
    whyops_keys_free(set);
    free(given.bytes);
}

static void signature_strip(json input, buffer *answer) {
    uint32_t options;
    buffer given = spelt(json_member(input, "text"), &options);
    whyops_keys *set = keys(json_member(input, "keys"));
    whyops_result stripped;
    whyops_status status = whyops_signature_strip(given.bytes, given.length, set, options, &stripped);
    write_changed(answer, "\"output\":{\"text\":", status, &stripped, &given, options);
    append_text(answer, "}");
    whyops_keys_free(set);
}

static void signature_carrier(json input, buffer *answer) {
    uint32_t options;
    buffer given = spelt(json_member(input, "text"), &options);
    size_t offset = 0;
    bool off = json_is(json_member(input, "policy"), "off");
    whyops_status status =
        off ? WHYOPS_NONE : whyops_signature_place(given.bytes, given.length, policy(input), options, &offset);
    if (status == WHYOPS_OK) {
        char number[80];
        buffer before = unspelt(given.bytes, offset, options);
        snprintf(number, sizeof number, "\"output\":{\"carries\":true,\"offset\":%zu}", before.length);
        append_text(answer, number);
        free(before.bytes);
    } else {
        append_text(answer, "\"output\":{\"carries\":false,\"offset\":null}");
    }
    free(given.bytes);
}

static void resolve(json input, whyops_request *request, whyops_result *resolution, whyops_status *status) {
    buffer trace = header(input, "x-trace-id"), thread = header(input, "x-thread-id");
    json known = json_member(input, "known"), accept = json_member(input, "acceptV1");
    bool refuses = accept.start && accept.start[0] == 'f';
    *status = whyops_request_resolve(
        request, trace.bytes, trace.length, thread.bytes, thread.length, (const uint8_t *)known.start, known.length,
        refuses ? WHYOPS_IGNORE_V1 : 0, resolution);
    free(trace.bytes);
    free(thread.bytes);
}

static void rewrite_request(json input, buffer *answer) {
    buffer body = text(json_member(input, "body"));
    whyops_keys *set = keys(json_member(input, "keys"));
    whyops_request *request = NULL;
    whyops_result result, resolution;
    whyops_status status;
    if (json_is(json_member(input, "format"), "other")) {
        status = whyops_body_strip(body.bytes, body.length, set, &result);
        write_changed(answer, "\"output\":{\"traceId\":null,\"body\":", status, &result, &body, 0);
        append_text(answer, "}");
        whyops_keys_free(set);
        return;
    }
    status = whyops_request_read(body.bytes, body.length, format(input), set, &request, &result);
    whyops_keys_free(set);
    if (status != WHYOPS_OK) {
        write_json(answer, status, &result, "", "", "request.invalid");
        free(body.bytes);
        return;
    }
    resolve(input, request, &resolution, &status);
    if (status == WHYOPS_OK) {
        /* The resolution is an object; the body becomes one more member. */
        append_text(answer, "\"output\":");
        append(answer, resolution.bytes, resolution.length - 1);
        status = whyops_request_forwarded(request, &result);
        write_changed(answer, ",\"body\":", status, &result, &body, 0);
        append_text(answer, "}");
    } else {
        write_error(answer, "input.malformed");
        free(body.bytes);
    }
    whyops_result_free(&resolution);
    whyops_request_free(request);
}

/* The frame for the reply to a request; false where the reply must not carry one. */
static bool reply_frame(json input, whyops_result *made) {
    long answered = json_integer(json_member(input, "status"), 200);
    whyops_request *asked;
    whyops_result description;
    *made = (whyops_result){0};
    if (json_is(json_member(input, "policy"), "off") || answered < 200 || answered > 299) return false;
    buffer body = text(json_member(input, "request"));
    whyops_status status = whyops_request_read(body.bytes, body.length, format(input), NULL, &asked, &description);
    free(body.bytes);
    whyops_result_free(&description);
    if (status != WHYOPS_OK) return false;
    whyops_request_describe(asked, &description);
    json constraint = json_member((json){(char *)description.bytes, description.length}, "constraint");
    bool allowed = constraint.start && constraint.start[0] == 'n';
    whyops_result_free(&description);
    whyops_request_free(asked);
    return allowed && frame(input, made) == WHYOPS_OK;
}

static void embed(json input, buffer *answer) {
    whyops_result made, embedded = {0};
    whyops_status status = WHYOPS_NONE;
    buffer reply = text(json_member(input, "reply"));
    if (reply_frame(input, &made)) {
        status = whyops_reply_embed(
            reply.bytes, reply.length, format(input), made.bytes, made.length, policy(input), &embedded);
    }
    write_changed(answer, "\"output\":{\"body\":", status, &embedded, &reply, 0);
    append_text(answer, "}");
    whyops_result_free(&made);
}

static void embed_stream(json input, buffer *answer) {
    whyops_result made, output;
    whyops_stream *stream;
    size_t position = 0;
    json chunks = json_member(input, "chunks"), chunk;
    reply_frame(input, &made);
    if (whyops_stream_create(format(input), made.bytes, made.length, policy(input), &stream) != WHYOPS_OK) {
        whyops_result_free(&made);
        write_error(answer, "input.malformed");
        return;
    }
    append_text(answer, "\"output\":{\"outputs\":[");
    while (json_next(chunks, &position, NULL, &chunk)) {
        buffer bytes = text(chunk);
        whyops_stream_read(stream, bytes.bytes, bytes.length, &output);
        write_text(answer, output.bytes, output.length, 0);
        append_text(answer, ",");
        whyops_result_free(&output);
        free(bytes.bytes);
    }
    whyops_stream_finish(stream, &output);
    write_text(answer, output.bytes, output.length, 0);
    append_text(answer, "]}");
    whyops_result_free(&output);
    whyops_stream_free(stream);
    whyops_result_free(&made);
}

static void stitch(json input, buffer *answer) {
    buffer body = text(json_member(input, "body"));
    whyops_keys *set = keys(json_member(input, "keys"));
    whyops_request *request;
    whyops_result result;
    whyops_status status = whyops_request_read(body.bytes, body.length, format(input), set, &request, &result);
    if (status == WHYOPS_OK) resolve(input, request, &result, &status);
    write_json(answer, status, &result, "\"output\":", "", "request.invalid");
    whyops_request_free(request);
    whyops_keys_free(set);
    free(body.bytes);
}

/* An answer with the faults of a refusal. */
static void write_faults(buffer *answer, whyops_status status, whyops_result *faults) {
    bool list = status == WHYOPS_REFUSED && faults->length > 0 && faults->bytes[0] == '[';
    if (status == WHYOPS_OK) append_text(answer, "\"output\":{\"faults\":[]}");
    else write_json(answer, list ? WHYOPS_OK : status, faults, "\"output\":{\"faults\":", "}", "");
    whyops_result_free(faults);
}

static void agent_validate(json input, buffer *answer) {
    buffer body = value(input);
    whyops_result faults;
    whyops_status status = whyops_agent_validate(body.bytes, body.length, &faults);
    write_faults(answer, status, &faults);
    free(body.bytes);
}

static void agent_version_hash(json input, buffer *answer) {
    buffer definition = text(json_member(input, "definition"));
    whyops_result hash;
    whyops_status status = whyops_agent_version_hash(definition.bytes, definition.length, &hash);
    write_json(answer, status, &hash, "\"output\":", "", "agent.invalid");
    free(definition.bytes);
}

static void agent_definition_hash(json input, buffer *answer) {
    buffer definition = text(json_member(input, "definition"));
    whyops_result hash;
    whyops_status status = whyops_agent_definition_hash(definition.bytes, definition.length, &hash);
    /* Without a canonical form the hashes are null, which is the same as absent. */
    if (status == WHYOPS_NONE) append_text(answer, "\"output\":{}");
    else write_json(answer, status, &hash, "\"output\":", "", "agent.invalid");
    free(definition.bytes);
}

static void agent_diff(json input, buffer *answer) {
    buffer before = text(json_member(input, "before")), after = text(json_member(input, "after"));
    whyops_result changes;
    whyops_status status = whyops_agent_diff(before.bytes, before.length, after.bytes, after.length, &changes);
    write_json(answer, status, &changes, "\"output\":", "", "agent.invalid");
    free(before.bytes);
    free(after.bytes);
}

static void event_validate(json input, buffer *answer) {
    buffer body = value(input), type = {0};
    json fixed = json_member(input, "eventType"), tenant = json_member(input, "tenant");
    bool strict = json_is(json_member(input, "profile"), "strict");
    whyops_result faults;
    if (fixed.start) json_decode(fixed, &type);
    whyops_status status = whyops_event_validate(
        body.bytes, body.length, strict ? WHYOPS_PROFILE_STRICT : WHYOPS_PROFILE_ORIGINAL, type.bytes, type.length,
        (const uint8_t *)tenant.start, tenant.length, &faults);
    write_faults(answer, status, &faults);
    free(type.bytes);
    free(body.bytes);
}

static void event_timestamp(json input, buffer *answer) {
    buffer given = text(json_member(input, "text"));
    whyops_result normal;
    append_text(answer, "\"output\":{\"timestamp\":");
    if (whyops_timestamp_normalize(given.bytes, given.length, &normal) == WHYOPS_OK) {
        json_encode(normal.bytes, normal.length, answer);
    } else {
        append_text(answer, "null");
    }
    append_text(answer, "}");
    whyops_result_free(&normal);
    free(given.bytes);
}

static void event_view(json input, buffer *answer) {
    buffer event = value(input);
    whyops_result view;
    whyops_status status = whyops_event_view(event.bytes, event.length, &view);
    write_json(answer, status, &view, "\"output\":{\"view\":", "}", "event.invalid");
    free(event.bytes);
}

static void event_canonicalize(json input, buffer *answer) {
    buffer event = value(input);
    whyops_result canonical;
    whyops_status status = whyops_event_canonicalize(event.bytes, event.length, &canonical);
    write_made(answer, status, &canonical, "event.invalid");
    free(event.bytes);
}

static const struct {
    const char *name;
    void (*answer)(json input, buffer *answer);
} operations[] = {
    {"json.check", json_check},
    {"json.canonicalize", json_canonicalize},
    {"signature.encode", signature_encode},
    {"signature.sign", signature_encode},
    {"signature.extract", signature_extract},
    {"signature.strip", signature_strip},
    {"signature.carrier", signature_carrier},
    {"exchange.rewrite-request", rewrite_request},
    {"exchange.embed", embed},
    {"exchange.embed-stream", embed_stream},
    {"stitch.resolve", stitch},
    {"agent.validate", agent_validate},
    {"agent.version-hash", agent_version_hash},
    {"agent.definition-hash", agent_definition_hash},
    {"agent.diff", agent_diff},
    {"event.validate", event_validate},
    {"event.timestamp", event_timestamp},
    {"event.view", event_view},
    {"event.canonicalize", event_canonicalize},
};

/* ---- Lines ---- */

static void run(json message, buffer *answer) {
    char start[40];
    json operation = json_member(message, "op");
    snprintf(start, sizeof start, "{\"seq\":%ld,", json_integer(json_member(message, "seq"), 0));
    append_text(answer, start);
    for (size_t index = 0; index < sizeof operations / sizeof *operations; index++) {
        if (!json_is(operation, operations[index].name)) continue;
        operations[index].answer(json_member(message, "input"), answer);
        append_text(answer, "}\n");
        return;
    }
    append_text(answer, "\"skipped\":\"not implemented\"}\n");
}

int main(void) {
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    buffer answer = {0};
    while ((length = getline(&line, &capacity, stdin)) > 0) {
        json message = {line, (size_t)length};
        json command = json_member(message, "cmd");
        answer.length = 0;
        if (json_is(command, "start")) {
            append_text(&answer, "{\"protocol\":1,\"implementation\":{\"name\":\"whyops-c\",\"version\":\"");
            append_text(&answer, whyops_spec_version());
            append_text(&answer, "\",\"language\":\"C\"},\"spec\":[\"");
            append_text(&answer, whyops_spec_version());
            append_text(&answer, "\"],\"features\":[\"bytes\",\"surrogates\"]}\n");
        } else if (json_is(command, "run")) {
            run(message, &answer);
        } else {
            break;
        }
        if (fwrite(answer.bytes, 1, answer.length, stdout) != answer.length || fflush(stdout) != 0) return 1;
    }
    free(answer.bytes);
    free(line);
    return 0;
}
