/*
 * whyops.h - the WhyOps protocol for C, and for every language that can call C.
 *
 * Invisible signatures, what may change in requests and replies, which trace a request belongs to, agent definitions
 * and events: the functions do what the specification in spec/ says, and the rules that they follow are named there.
 *
 * Text goes in as bytes and a length, never with a terminator, and is only read during the call; NULL is allowed where
 * the length is 0. At most 4294967294 bytes. Bytes that are not UTF-8 are taken for other characters, and kept.
 *
 * What comes out in a `whyops_result` belongs to the caller, who gives it back with whyops_result_free. Every function
 * that has one sets it, whatever was in it: to {NULL, 0} where there is nothing to return. Where memory runs out the
 * process ends, as with any allocation that Swift makes.
 *
 * Threads: no function keeps state outside its arguments. Different threads may call at the same time, also with the
 * same keys or the same request, which never change; one stream must be used by one thread at a time.
 *
 * Nothing here reads a clock, a file, the network or the environment.
 */
#ifndef WHYOPS_H
#define WHYOPS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- What a call says ---- */

typedef int32_t whyops_status;

/* Done. */
#define WHYOPS_OK ((whyops_status)0)
/* Nothing found, or nothing to change: what went in is what to use. The result is empty. */
#define WHYOPS_NONE ((whyops_status)1)
/* The input breaks a rule. The result is JSON that says which rule, where and what was expected. */
#define WHYOPS_REFUSED ((whyops_status)2)
/* An argument that no caller should send: a NULL that must not be, an unknown number, a length out of range. */
#define WHYOPS_INVALID_ARGUMENT ((whyops_status)-1)

/* Bytes that the caller owns. */
typedef struct {
    uint8_t *bytes;
    size_t length;
} whyops_result;

/* Frees what a result holds and empties it. An empty result and NULL are allowed. */
void whyops_result_free(whyops_result *result);

/* The version of the specification, "1.0"; lives for ever. */
const char *whyops_spec_version(void);

/* ---- Keys for version 2 signatures (SIG-40) ---- */

/* A key: its number, 0 to 15, and its 32 bytes. */
typedef struct {
    uint8_t id;
    uint8_t bytes[32];
} whyops_key;

typedef struct whyops_keys whyops_keys;

/*
 * Makes a set of `count` keys, at most 16, with different numbers; the first one signs. The keys are copied.
 * Free the set with whyops_keys_free.
 */
whyops_status whyops_keys_create(const whyops_key *keys, size_t count, whyops_keys **set);
void whyops_keys_free(whyops_keys *set);

/* ---- Signatures in plain text (spec/signature.md) ---- */

/* Options; add them up. */
#define WHYOPS_IGNORE_V1 1u   /* do not read version 1 signatures; they are removed all the same */
#define WHYOPS_JSON_STRING 2u /* the text is what stands between the quotes of a JSON string, escapes and all */

/* Which texts may carry a signature. */
#define WHYOPS_POLICY_CAREFUL 0 /* only where it can do no harm */
#define WHYOPS_POLICY_ALWAYS 1  /* wherever there is a visible character */

/* A version 1 frame in UTF-8. WHYOPS_NONE: a frame cannot carry this id. */
whyops_status whyops_signature_encode(const uint8_t *trace_id, size_t trace_id_length, whyops_result *frame);

/* A version 2 frame in UTF-8, signed with the set's first key. WHYOPS_NONE: a frame cannot carry this id. */
whyops_status whyops_signature_sign(
    const uint8_t *trace_id, size_t trace_id_length, const whyops_keys *keys, whyops_result *frame);

/*
 * The trace id that a text carries: of the last version 2 frame that verifies under `keys`, else of the last version 1
 * frame. `keys` may be NULL. `version` gets 2 or 1, or 0 where there is none; it may be NULL.
 */
whyops_status whyops_signature_extract(
    const uint8_t *text, size_t text_length, const whyops_keys *keys, uint32_t options, whyops_result *trace_id,
    int32_t *version);

/*
 * The text without its frames. WHYOPS_NONE: it has none. `keys` may be NULL: they matter only for frames that lost their
 * first character. Of the options only WHYOPS_JSON_STRING has a meaning here.
 */
whyops_status whyops_signature_strip(
    const uint8_t *text, size_t text_length, const whyops_keys *keys, uint32_t options, whyops_result *stripped);

/*
 * Where in a text a frame goes, as an offset in bytes. WHYOPS_NONE: this text must not carry one. Of the options only
 * WHYOPS_JSON_STRING has a meaning here.
 */
whyops_status whyops_signature_place(
    const uint8_t *text, size_t text_length, int32_t policy, uint32_t options, size_t *offset);

/* ---- JSON (spec/json.md) ---- */

/* A limit that the specification sets (JSON-3). */
#define WHYOPS_DEFAULT_LIMIT ((size_t)-1)

/* WHYOPS_REFUSED gives {"code","offset","message"}. The limits are levels of nesting and values, names included. */
whyops_status whyops_json_check(
    const uint8_t *text, size_t text_length, size_t maximum_depth, size_t maximum_values, whyops_result *fault);

/* The canonical form (RFC 8785). WHYOPS_REFUSED gives {"code","offset","message"}. */
whyops_status whyops_json_canonicalize(const uint8_t *text, size_t text_length, whyops_result *canonical);

/* ---- Requests (spec/exchange.md, spec/trace.md) ---- */

#define WHYOPS_FORMAT_CHAT 0      /* OpenAI, POST /v1/chat/completions */
#define WHYOPS_FORMAT_MESSAGES 1  /* Anthropic, POST /v1/messages */
#define WHYOPS_FORMAT_RESPONSES 2 /* OpenAI, POST /v1/responses */

typedef struct whyops_request whyops_request;

/*
 * Reads a request body. `keys` may be NULL. On WHYOPS_OK `request` is to be freed with whyops_request_free; on
 * WHYOPS_REFUSED `fault` gets {"code","pointer","message"}.
 */
whyops_status whyops_request_read(
    const uint8_t *body, size_t body_length, int32_t format, const whyops_keys *keys, whyops_request **request,
    whyops_result *fault);
void whyops_request_free(whyops_request *request);

/* The body to forward. WHYOPS_NONE: it goes as it came. */
whyops_status whyops_request_forwarded(const whyops_request *request, whyops_result *body);

/*
 * What the request says, as JSON: {"model","stream","constraint","echoes":[{"kind","id"}]}. `constraint` says why the
 * reply must not carry a signature, or is null. `echoes` are the ids that an earlier reply may have carried, newest
 * turn first; look them up and pass what you know to whyops_request_resolve.
 */
whyops_status whyops_request_describe(const whyops_request *request, whyops_result *json);

/*
 * Which trace the request belongs to, as JSON: {"traceId","source","links"}; `traceId` is null where nothing decides
 * and a new id is to be made. The headers are X-Trace-ID and X-Thread-ID; NULL where they are absent. `known` is a
 * JSON array of {"kind","id","traceId"}, or NULL.
 */
whyops_status whyops_request_resolve(
    const whyops_request *request, const uint8_t *trace_header, size_t trace_header_length,
    const uint8_t *thread_header, size_t thread_header_length, const uint8_t *known, size_t known_length,
    uint32_t options, whyops_result *json);

/* A JSON body of any other route, without its frames. WHYOPS_NONE: it goes as it came, also where it is not JSON. */
whyops_status whyops_body_strip(
    const uint8_t *body, size_t body_length, const whyops_keys *keys, whyops_result *stripped);

/* ---- Replies (spec/exchange.md) ---- */

/*
 * Puts a frame (of whyops_signature_sign or _encode) into a reply body, once for each text that may carry one.
 * Do not call it where whyops_request_describe named a constraint, or for a status other than 2xx.
 * WHYOPS_NONE: the body goes as it came.
 */
whyops_status whyops_reply_embed(
    const uint8_t *body, size_t body_length, int32_t format, const uint8_t *frame, size_t frame_length, int32_t policy,
    whyops_result *embedded);

typedef struct whyops_stream whyops_stream;

/* A streamed reply (server-sent events). Free it with whyops_stream_free. */
whyops_status whyops_stream_create(
    int32_t format, const uint8_t *frame, size_t frame_length, int32_t policy, whyops_stream **stream);
void whyops_stream_free(whyops_stream *stream);

/* Takes the upstream's next bytes, cut anywhere, and gives what can be sent on now; the result may be empty. */
whyops_status whyops_stream_read(
    whyops_stream *stream, const uint8_t *chunk, size_t chunk_length, whyops_result *output);

/* Ends the stream and gives what is left to send. Afterwards the stream can only be freed. */
whyops_status whyops_stream_finish(whyops_stream *stream, whyops_result *output);

/* ---- Agent definitions (spec/agent.md) ---- */

/*
 * Where these functions and those of events refuse their input, the result is an array of the faults, all of them:
 * {"pointer","rule","message","field","code"}. For a text that is not JSON it is what whyops_json_check gives.
 */

/* Checks a registration body. */
whyops_status whyops_agent_validate(const uint8_t *body, size_t body_length, whyops_result *faults);

/*
 * The hash that makes a version of a definition (the `metadata` of a registration), and the text that is hashed, as
 * JSON: {"versionHash","canonical"}.
 */
whyops_status whyops_agent_version_hash(const uint8_t *definition, size_t definition_length, whyops_result *json);

/*
 * What a definition means, as JSON: {"definitionHash","canonical","systemPrompt","description","tools":[{"name","hash"}]}
 * (AGT-25). WHYOPS_NONE: it has no canonical form (JSON-25), and so no such hash.
 */
whyops_status whyops_agent_definition_hash(const uint8_t *definition, size_t definition_length, whyops_result *json);

/*
 * What differs in meaning between two definitions, as JSON: {"changes":[{"code","tool","schema","pointer","before",
 * "after","sentence"}]} (AGT-38). WHYOPS_REFUSED gives the faults of the first definition that has any, or, where one
 * has no canonical form, {"code","offset","message"}.
 */
whyops_status whyops_agent_diff(
    const uint8_t *before, size_t before_length, const uint8_t *after, size_t after_length, whyops_result *json);

/* ---- Events (spec/event.md) ---- */

#define WHYOPS_PROFILE_ORIGINAL 0
#define WHYOPS_PROFILE_STRICT 1

/*
 * Checks an event or a batch. `event_type` is the type that the route stands for (EVT-14), NULL where the body names it;
 * `tenant` is JSON {"userId","projectId","environmentId"}, the caller's (EVT-53), or NULL where it does not matter.
 */
whyops_status whyops_event_validate(
    const uint8_t *body, size_t body_length, int32_t profile, const uint8_t *event_type, size_t event_type_length,
    const uint8_t *tenant, size_t tenant_length, whyops_result *faults);

/* The canonical view of an event's content, as JSON; only `eventType` and `content` are looked at (EVT-60). */
whyops_status whyops_event_view(const uint8_t *event, size_t event_length, whyops_result *json);

/* The canonical encoding of an event. */
whyops_status whyops_event_canonicalize(const uint8_t *event, size_t event_length, whyops_result *json);

/* A time stamp in its normal form, YYYY-MM-DDTHH:MM:SS.mmmZ. WHYOPS_NONE: it is not one. */
whyops_status whyops_timestamp_normalize(const uint8_t *text, size_t text_length, whyops_result *normal);

#ifdef __cplusplus
}
#endif

#endif
