/*
 * Threads that share keys and requests get what one thread alone gets. To be run under a race detector.
 *
 *   threads THREADS ROUNDS
 */
#include "whyops.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(text) (const uint8_t *)(text), strlen(text)

static whyops_keys *keys;
static whyops_request *request;
static int rounds;
static atomic_int waiting;

/* All that one round gives. */
typedef struct {
    uint8_t bytes[16384];
    size_t length;
} record;

static void add(record *record, whyops_status status, whyops_result *result) {
    if (record->length + result->length + 1 > sizeof record->bytes) abort();
    record->bytes[record->length++] = (uint8_t)('0' + status);
    if (result->length > 0) memcpy(record->bytes + record->length, result->bytes, result->length);
    record->length += result->length;
    whyops_result_free(result);
}

static void work(record *record) {
    const char *id = "0b5c6f3e-8c0d-4f53-9c1a-5f0f2f3b7d11", *event = "{\"eventType\":\"nothing\",\"b\":1,\"a\":[2]}",
               *definition = "{\"systemPrompt\":\"p\",\"tools\":[{\"name\":\"t\"},{\"name\":\"t\"}]}",
               *known = "[{\"kind\":\"tool_call\",\"id\":\"call_1\",\"traceId\":\"T\"}]",
               *reply = "{\"content\":[{\"type\":\"text\",\"text\":\"Four words of text.\"}]}",
               *chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Four words of text.\"}}]}\n\n";
    whyops_result frame, result;
    whyops_stream *stream;
    int32_t version;
    record->length = 0;
    whyops_status status = whyops_signature_sign(BYTES(id), keys, &frame);
    if (status != WHYOPS_OK) abort();
    status = whyops_signature_extract(frame.bytes, frame.length, keys, 0, &result, &version);
    add(record, status, &result);
    status = whyops_signature_strip(frame.bytes, frame.length, keys, 0, &result);
    add(record, status, &result);
    status = whyops_request_describe(request, &result);
    add(record, status, &result);
    status = whyops_request_forwarded(request, &result);
    add(record, status, &result);
    status = whyops_request_resolve(request, NULL, 0, NULL, 0, BYTES(known), 0, &result);
    add(record, status, &result);
    status = whyops_reply_embed(
        BYTES(reply), WHYOPS_FORMAT_MESSAGES, frame.bytes, frame.length, WHYOPS_POLICY_CAREFUL, &result);
    add(record, status, &result);
    if (whyops_stream_create(WHYOPS_FORMAT_CHAT, frame.bytes, frame.length, WHYOPS_POLICY_CAREFUL, &stream)) abort();
    status = whyops_stream_read(stream, BYTES(chunk), &result);
    add(record, status, &result);
    status = whyops_stream_finish(stream, &result);
    add(record, status, &result);
    whyops_stream_free(stream);
    status = whyops_event_validate(BYTES(event), WHYOPS_PROFILE_STRICT, NULL, 0, NULL, 0, &result);
    add(record, status, &result);
    status = whyops_agent_version_hash(BYTES(definition), &result);
    add(record, status, &result);
    status = whyops_timestamp_normalize(BYTES("2026-01-02T03:04:05+06:00"), &result);
    add(record, status, &result);
    whyops_result_free(&frame);
}

/* What one thread did. */
typedef struct {
    pthread_t id;
    record first;
    int differences;
} worker;

static worker workers[64];

static int differ(const record *one, const record *other) {
    return one->length != other->length || memcmp(one->bytes, other->bytes, one->length) != 0;
}

static void *run(void *argument) {
    worker *own = argument;
    record again;
    /* All begin together, so that what is made on first use is made under contention. */
    atomic_fetch_sub(&waiting, 1);
    while (atomic_load(&waiting) > 0) sched_yield();
    work(&own->first);
    for (int round = 0; round < rounds; round++) {
        work(&again);
        own->differences += differ(&again, &own->first);
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    int threads = atoi(arguments[1]), differences = 0;
    rounds = atoi(arguments[2]);
    if (threads < 1 || threads > 64) return 2;
    whyops_key key = {.id = 5};
    whyops_result fault;
    const char *body =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b"
        "\\u200b\\u200d\\u200c\\u200d\\u200d\\u200d\\u200d\\u200d\\u200c\\u200e\",\"tool_calls\":[{\"id\":\"call_1\","
        "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}]}";
    if (whyops_keys_create(&key, 1, &keys) != WHYOPS_OK) return 1;
    if (whyops_request_read(BYTES(body), WHYOPS_FORMAT_CHAT, keys, &request, &fault) != WHYOPS_OK) return 1;
    atomic_store(&waiting, threads);
    for (int index = 0; index < threads; index++) {
        if (pthread_create(&workers[index].id, NULL, run, &workers[index]) != 0) return 1;
    }
    for (int index = 0; index < threads; index++) pthread_join(workers[index].id, NULL);
    record alone;
    work(&alone);
    for (int index = 0; index < threads; index++) {
        differences += workers[index].differences + differ(&workers[index].first, &alone);
    }
    /* The frame in the request says "A", the known id "T". */
    if (!memmem(alone.bytes, alone.length, "\"traceId\":\"T\"", 13) || !memmem(alone.bytes, alone.length, "[\"A\"]", 5)) {
        fprintf(stderr, "threads: not what was asked for: %.*s\n", (int)alone.length, (char *)alone.bytes);
        return 1;
    }
    whyops_request_free(request);
    whyops_keys_free(keys);
    printf("threads: %d times %d rounds, %d different\n", threads, rounds, differences);
    return differences > 0;
}
