/* Just enough JSON for the runner's lines: places in a text, and texts made and read. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value as it is written; `start` is NULL where there is none. */
typedef struct {
    const char *start;
    size_t length;
} json;

/* Bytes that grow. */
typedef struct {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
} buffer;

void append(buffer *buffer, const void *bytes, size_t count);
void append_text(buffer *buffer, const char *text);

/* The value of an object's member. */
json json_member(json object, const char *name);

/* Steps through an array or object: `position` begins at 0; false at the end. `name` may be NULL. */
bool json_next(json container, size_t *position, json *name, json *value);

/* Whether a value is this string of ASCII characters. */
bool json_is(json value, const char *text);

/* Adds what a string says, as UTF-8, where half a surrogate pair has three bytes. */
void json_decode(json string, buffer *output);

/* Adds a string with these UTF-8 bytes. */
void json_encode(const uint8_t *bytes, size_t count, buffer *output);

/* A whole number. */
long json_integer(json value, long absent);

#endif
