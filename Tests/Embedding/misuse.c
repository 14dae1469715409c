/*
 * Misuse of the C interface gives WHYOPS_INVALID_ARGUMENT and an empty result, and strange input an answer: never a
 * crash, never a read outside of what was given (the sanitizers that this is built with watch over that).
 */
#include "whyops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

#define EXPECT(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            failures++; \
        } \
    } while (0)

/* What a result is before a call: rubbish that the call has to replace. */
static const whyops_result RUBBISH = {(uint8_t *)1, 77};

static int is_empty(whyops_result result) { return result.bytes == NULL && result.length == 0; }

#define BYTES(text) (const uint8_t *)(text), strlen(text)

/* Every function that takes one text and gives one result. */
typedef whyops_status (*one_text)(const uint8_t *text, size_t length, whyops_result *result);

static whyops_keys *keys;

static whyops_status sign(const uint8_t *text, size_t length, whyops_result *result) {
    return whyops_signature_sign(text, length, keys, result);
}

static whyops_status extract(const uint8_t *text, size_t length, whyops_result *result) {
    int32_t version = 77;
    whyops_status status = whyops_signature_extract(text, length, keys, 0, result, &version);
    EXPECT(status == WHYOPS_OK ? version == 1 || version == 2 : version == 0);
    return status;
}

static whyops_status strip(const uint8_t *text, size_t length, whyops_result *result) {
    return whyops_signature_strip(text, length, keys, 0, result);
}

static whyops_status strip_spelt(const uint8_t *text, size_t length, whyops_result *result) {
    return whyops_signature_strip(text, length, keys, WHYOPS_JSON_STRING, result);
}

static whyops_status place(const uint8_t *text, size_t length, whyops_result *result) {
    size_t offset = 77;
    whyops_status status = whyops_signature_place(text, length, WHYOPS_POLICY_ALWAYS, 0, &offset);
    EXPECT(status == WHYOPS_OK ? offset <= length : offset == 0);
    if (!result) return WHYOPS_INVALID_ARGUMENT;
    *result = (whyops_result){NULL, 0};
    return status;
}

static whyops_status check(const uint8_t *text, size_t length, whyops_result *result) {
    return whyops_json_check(text, length, WHYOPS_DEFAULT_LIMIT, WHYOPS_DEFAULT_LIMIT, result);
}

static whyops_status request(const uint8_t *text, size_t length, whyops_result *result) {
    whyops_request *read = (whyops_request *)1;
    whyops_status status = whyops_request_read(text, length, WHYOPS_FORMAT_CHAT, keys, &read, result);
    if (result) EXPECT((status == WHYOPS_OK) == (read != NULL));
    if (result) whyops_request_free(read);
    return status;
}

static whyops_status strip_body(const uint8_t *text, size_t length, whyops_result *result) {
    return whyops_body_strip(text, length, keys, result);
}

static whyops_status embed(const uint8_t *text, size_t length, whyops_result *result) {
    return whyops_reply_embed(text, length, WHYOPS_FORMAT_MESSAGES, BYTES("frame"), WHYOPS_POLICY_CAREFUL, result);
}

static whyops_status stream(const uint8_t *text, size_t length, whyops_result *result) {
    whyops_stream *reply;
    whyops_result rest;
    EXPECT(whyops_stream_create(WHYOPS_FORMAT_CHAT, BYTES("frame"), WHYOPS_POLICY_CAREFUL, &reply) == WHYOPS_OK);
    whyops_status status = whyops_stream_read(reply, text, length, result);
    EXPECT(whyops_stream_finish(reply, &rest) == WHYOPS_OK);
    whyops_result_free(&rest);
    whyops_stream_free(reply);
    return status;
}

static whyops_status validate(const uint8_t *text, size_t length, whyops_result *result) {
    return whyops_event_validate(text, length, WHYOPS_PROFILE_STRICT, NULL, 0, NULL, 0, result);
}

static whyops_status compare(const uint8_t *text, size_t length, whyops_result *result) {
    const char *other = "{\"systemPrompt\":\"p\",\"tools\":[]}";
    whyops_result second = RUBBISH;
    whyops_status status = whyops_agent_diff(BYTES(other), text, length, &second);
    whyops_result_free(&second);
    EXPECT(whyops_agent_diff(text, length, BYTES(other), result) == status || !result);
    return result ? status : WHYOPS_INVALID_ARGUMENT;
}

static const one_text functions[] = {
    whyops_signature_encode, sign, extract, strip, strip_spelt, place, check, request, strip_body, embed, stream,
    whyops_json_canonicalize, whyops_agent_validate, whyops_agent_version_hash,
    whyops_agent_definition_hash, compare, validate, whyops_event_view, whyops_event_canonicalize,
    whyops_timestamp_normalize,
};
static const size_t function_count = sizeof functions / sizeof *functions;

static void texts_that_cannot_be(void) {
    for (size_t index = 0; index < function_count; index++) {
        const size_t sizes[] = {(size_t)-1, (size_t)-1 / 2, (size_t)1 << 63, UINT32_MAX, (size_t)UINT32_MAX + 1};
        whyops_result result = RUBBISH;
        EXPECT(functions[index](NULL, 1, &result) == WHYOPS_INVALID_ARGUMENT && is_empty(result));
        for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++) {
            result = RUBBISH;
            EXPECT(functions[index]((const uint8_t *)"a", sizes[size], &result) == WHYOPS_INVALID_ARGUMENT);
            EXPECT(is_empty(result));
        }
        EXPECT(functions[index](BYTES("a"), NULL) == WHYOPS_INVALID_ARGUMENT);
        result = RUBBISH;
        EXPECT(functions[index](NULL, 0, &result) >= 0); /* an empty text */
        whyops_result_free(&result);
    }
}

static void numbers_without_a_meaning(void) {
    whyops_result result = RUBBISH;
    whyops_request *read = (whyops_request *)1;
    whyops_stream *reply = (whyops_stream *)1;
    int32_t version = 77;
    size_t offset = 77;
    EXPECT(whyops_signature_extract(BYTES("a"), NULL, 4, &result, &version) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(is_empty(result) && version == 0);
    result = RUBBISH;
    EXPECT(whyops_signature_strip(BYTES("a"), NULL, 0x80000000u, &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(is_empty(result));
    EXPECT(whyops_signature_place(BYTES("a"), 2, 0, &offset) == WHYOPS_INVALID_ARGUMENT && offset == 0);
    EXPECT(whyops_signature_place(BYTES("a"), WHYOPS_POLICY_ALWAYS, 4, &offset) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_signature_place(BYTES("a"), WHYOPS_POLICY_ALWAYS, 0, NULL) == WHYOPS_INVALID_ARGUMENT);
    result = RUBBISH;
    EXPECT(whyops_request_read(BYTES("{}"), 77, NULL, &read, &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(is_empty(result) && read == NULL);
    EXPECT(whyops_request_read(BYTES("{}"), -1, NULL, &read, &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_request_read(BYTES("{}"), WHYOPS_FORMAT_CHAT, NULL, NULL, &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_reply_embed(BYTES("{}"), 77, BYTES("f"), 0, &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_reply_embed(BYTES("{}"), 0, BYTES("f"), 77, &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_reply_embed(BYTES("{}"), 0, NULL, 1, 0, &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_stream_create(77, BYTES("f"), 0, &reply) == WHYOPS_INVALID_ARGUMENT && reply == NULL);
    EXPECT(whyops_stream_create(0, BYTES("f"), 77, &reply) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_stream_create(0, NULL, 1, 0, &reply) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_stream_create(0, BYTES("f"), 0, NULL) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_event_validate(BYTES("{}"), 77, NULL, 0, NULL, 0, &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_event_validate(BYTES("{}"), 0, BYTES("no_type"), NULL, 0, &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_event_validate(BYTES("{}"), 0, NULL, 0, BYTES("{}"), &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_event_validate(BYTES("{}"), 0, NULL, 0, BYTES("no"), &result) == WHYOPS_INVALID_ARGUMENT);
}

static void keys_that_cannot_be(void) {
    whyops_key list[17];
    whyops_keys *set = (whyops_keys *)1;
    memset(list, 0, sizeof list);
    for (int index = 0; index < 17; index++) list[index].id = (uint8_t)index;
    EXPECT(whyops_keys_create(list, 0, &set) == WHYOPS_INVALID_ARGUMENT && set == NULL);
    EXPECT(whyops_keys_create(NULL, 1, &set) == WHYOPS_INVALID_ARGUMENT && set == NULL);
    EXPECT(whyops_keys_create(list, 17, &set) == WHYOPS_INVALID_ARGUMENT && set == NULL);
    EXPECT(whyops_keys_create(list, (size_t)-1, &set) == WHYOPS_INVALID_ARGUMENT && set == NULL);
    EXPECT(whyops_keys_create(list + 16, 1, &set) == WHYOPS_INVALID_ARGUMENT && set == NULL);
    EXPECT(whyops_keys_create(list, 1, NULL) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_keys_create(list, 16, &set) == WHYOPS_OK && set != NULL);
    whyops_keys_free(set);
    list[1].id = 0;
    EXPECT(whyops_keys_create(list, 2, &set) == WHYOPS_INVALID_ARGUMENT && set == NULL);
    whyops_result frame = RUBBISH;
    EXPECT(whyops_signature_sign(BYTES("a"), NULL, &frame) == WHYOPS_INVALID_ARGUMENT && is_empty(frame));
}

static void handles_that_are_not_there(void) {
    whyops_result result = RUBBISH;
    EXPECT(whyops_request_forwarded(NULL, &result) == WHYOPS_INVALID_ARGUMENT && is_empty(result));
    EXPECT(whyops_request_describe(NULL, &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_request_resolve(NULL, NULL, 0, NULL, 0, NULL, 0, 0, &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_stream_read(NULL, BYTES("a"), &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_stream_finish(NULL, &result) == WHYOPS_INVALID_ARGUMENT);
    whyops_keys_free(NULL);
    whyops_request_free(NULL);
    whyops_stream_free(NULL);
    whyops_result_free(NULL);
    whyops_result_free(&result);
    EXPECT(whyops_signature_encode(BYTES("a"), &result) == WHYOPS_OK && result.length > 0);
    whyops_result_free(&result);
    EXPECT(is_empty(result));
    whyops_result_free(&result); /* a second time */
}

static void a_request_with_strange_company(void) {
    whyops_request *read;
    whyops_result result;
    const char *body = "{\"model\":\"m\",\"messages\":[]}";
    EXPECT(whyops_request_read(BYTES(body), WHYOPS_FORMAT_CHAT, NULL, &read, &result) == WHYOPS_OK);
    EXPECT(whyops_request_forwarded(read, NULL) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_request_describe(read, NULL) == WHYOPS_INVALID_ARGUMENT);
    const char *known[] = {
        "{}", "null", "[1]", "[{}]", "[", "[{\"kind\":\"no\",\"id\":\"a\",\"traceId\":\"a\"}]",
        "[{\"kind\":\"message\",\"id\":\"a\",\"traceId\":\"\"}]", "[{\"kind\":\"message\",\"id\":\"\",\"traceId\":\"a\"}]",
    };
    for (size_t index = 0; index < sizeof known / sizeof *known; index++) {
        EXPECT(whyops_request_resolve(read, NULL, 0, NULL, 0, BYTES(known[index]), 0, &result) ==
               WHYOPS_INVALID_ARGUMENT);
        EXPECT(is_empty(result));
    }
    EXPECT(whyops_request_resolve(read, NULL, 3, NULL, 0, NULL, 0, 0, &result) == WHYOPS_INVALID_ARGUMENT);
    EXPECT(whyops_request_resolve(read, NULL, 0, NULL, 0, NULL, 0, 8, &result) == WHYOPS_INVALID_ARGUMENT);
    /* Headers that are no UTF-8 or no id decide nothing. */
    EXPECT(whyops_request_resolve(read, BYTES("\xff\xfe"), BYTES(""), NULL, 0, 0, &result) == WHYOPS_OK);
    EXPECT(memmem(result.bytes, result.length, "\"new\"", 5) != NULL);
    whyops_result_free(&result);
    whyops_request_free(read);
}

static void a_stream_that_ended(void) {
    whyops_stream *reply;
    whyops_result output;
    EXPECT(whyops_stream_create(WHYOPS_FORMAT_CHAT, NULL, 0, WHYOPS_POLICY_CAREFUL, &reply) == WHYOPS_OK);
    EXPECT(whyops_stream_read(reply, BYTES("data: "), &output) == WHYOPS_OK);
    whyops_result_free(&output);
    EXPECT(whyops_stream_finish(reply, &output) == WHYOPS_OK);
    whyops_result_free(&output);
    EXPECT(whyops_stream_finish(reply, &output) == WHYOPS_INVALID_ARGUMENT && is_empty(output));
    EXPECT(whyops_stream_read(reply, BYTES("a"), &output) == WHYOPS_INVALID_ARGUMENT && is_empty(output));
    whyops_stream_free(reply);
}

/* Runs every function over a text that lies alone in its allocation, so that reading beyond it is seen. */
static void run(const uint8_t *text, size_t length) {
    uint8_t *alone = malloc(length > 0 ? length : 1);
    if (!alone) abort();
    memcpy(alone, text, length);
    for (size_t index = 0; index < function_count; index++) {
        whyops_result result = RUBBISH;
        whyops_status status = functions[index](alone, length, &result);
        EXPECT(status == WHYOPS_OK || status == WHYOPS_NONE || status == WHYOPS_REFUSED);
        if (status == WHYOPS_NONE) EXPECT(is_empty(result));
        if (status == WHYOPS_REFUSED) EXPECT(result.length > 0 && strchr("[{", result.bytes[0]));
        whyops_result_free(&result);
    }
    EXPECT(memcmp(alone, text, length) == 0);
    free(alone);
}

static void texts_that_are_strange(void) {
    const char *texts[] = {
        "\x80", "\xff\xfe\xfd", "\xc0\x80", "\xe2\x80", "\xe2\x81\xa0\xf3\xa0", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\\",
        "\\u", "\\ud83d", "\\ud83d\\u", "\\x", "\"", "{", "{\"a\"", "{\"a\":", "[1,", "[[[[", "-", "1e", "tru", "\"\\",
        "\"\\u12", "\"\x01\"", "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":\"\xff\"}]}",
        "{\"model\":1,\"messages\":{}}", "{\"eventType\":\"user_message\",\"content\":[[[]]]}",
        "{\"systemPrompt\":\"\\ud800\",\"tools\":[]}", "data: {\n\ndata:\xff\n\n", "event: ping\r\r\n",
    };
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++) run(BYTES(texts[index]));

    /* Deep nesting, and rubbish from a fixed generator, half of it made of what the readers look for. */
    const char *pieces[] = {"\xe2\x81\xa0", "\xe2\x80\x8b", "\xf3\xa0\x87\x97", "\xf3\xa0\x84\x80", "{\"", "\":", "[", "]", "}",
                            "\\u200b", "\\ud83d", "data: ", "\n\n", "\"content\"", "\xe2\x80\x8c", "\xe2\x80\x8e"};
    size_t deep = 200000;
    uint8_t *nested = malloc(deep);
    if (!nested) abort();
    memset(nested, '[', deep);
    run(nested, deep);
    free(nested);
    uint32_t random = 1;
    for (int round = 0; round < 3000; round++) {
        uint8_t text[400];
        size_t length = 0;
        while (length < sizeof text - 20) {
            random = random * 1664525u + 1013904223u;
            if (random >> 31) {
                const char *piece = pieces[random >> 16 & 15];
                memcpy(text + length, piece, strlen(piece));
                length += strlen(piece);
            } else {
                text[length++] = (uint8_t)(random >> 20);
            }
            if ((random >> 8 & 63) == 0) break;
        }
        run(text, length);
    }
}

int main(void) {
    whyops_key list[2];
    memset(list, 7, sizeof list);
    list[1].id = 3;
    EXPECT(whyops_keys_create(list, 2, &keys) == WHYOPS_OK);
    texts_that_cannot_be();
    numbers_without_a_meaning();
    keys_that_cannot_be();
    handles_that_are_not_there();
    a_request_with_strange_company();
    a_stream_that_ended();
    texts_that_are_strange();
    whyops_keys_free(keys);
    if (failures == 0) printf("misuse: all answered\n");
    return failures > 0;
}
