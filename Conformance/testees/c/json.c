#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void append(buffer *buffer, const void *bytes, size_t count) {
    if (count == 0) return;
    if (buffer->capacity - buffer->length < count) {
        size_t capacity = 2 * buffer->capacity + count + 64;
        uint8_t *grown = realloc(buffer->bytes, capacity);
        if (!grown) abort();
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    memcpy(buffer->bytes + buffer->length, bytes, count);
    buffer->length += count;
}

void append_text(buffer *buffer, const char *text) { append(buffer, text, strlen(text)); }

static size_t skip_space(json text, size_t position) {
    while (position < text.length && strchr(" \t\r\n", text.start[position])) position++;
    return position;
}

/* Past the value that begins here; the runner's lines are JSON, so only brackets and quotes have to be told apart. */
static size_t skip_value(json text, size_t position) {
    size_t depth = 0;
    bool quoted = false;
    for (; position < text.length; position++) {
        char byte = text.start[position];
        if (quoted) {
            if (byte == '\\') position++;
            else if (byte == '"') quoted = false;
            else continue;
            if (!quoted && depth == 0) return position + 1;
        } else if (byte == '"') {
            quoted = true;
        } else if (byte == '{' || byte == '[') {
            depth++;
        } else if (byte == '}' || byte == ']') {
            if (depth <= 1) return depth == 0 ? position : position + 1;
            depth--;
        } else if (depth == 0 && strchr(", \t\r\n:", byte)) {
            return position;
        }
    }
    return position;
}

static json take(json text, size_t *position) {
    size_t start = skip_space(text, *position);
    *position = skip_value(text, start);
    return (json){text.start + start, *position - start};
}

bool json_next(json container, size_t *position, json *name, json *value) {
    if (!container.start || container.length == 0) return false;
    bool object = container.start[0] == '{';
    if (!object && container.start[0] != '[') return false;
    size_t next = skip_space(container, *position == 0 ? 1 : *position);
    if (next < container.length && container.start[next] == ',') next = skip_space(container, next + 1);
    if (next >= container.length || container.start[next] == '}' || container.start[next] == ']') return false;
    if (object) {
        json found = take(container, &next);
        if (name) *name = found;
        next = skip_space(container, next) + 1; /* the colon */
    }
    *value = take(container, &next);
    *position = next;
    return true;
}

json json_member(json object, const char *name) {
    size_t position = 0;
    json found = {NULL, 0}, key, value;
    if (!object.start || object.length == 0 || object.start[0] != '{') return found;
    while (json_next(object, &position, &key, &value)) {
        if (json_is(key, name)) found = value;
    }
    return found;
}

bool json_is(json value, const char *text) {
    size_t length = strlen(text);
    return value.start && value.length == length + 2 && value.start[0] == '"' &&
           memcmp(value.start + 1, text, length) == 0;
}

static void append_scalar(buffer *output, uint32_t scalar) {
    uint8_t bytes[4];
    size_t count = 0;
    if (scalar < 0x80) {
        bytes[count++] = (uint8_t)scalar;
    } else {
        if (scalar < 0x800) {
            bytes[count++] = (uint8_t)(0xC0 | scalar >> 6);
        } else {
            if (scalar < 0x10000) {
                bytes[count++] = (uint8_t)(0xE0 | scalar >> 12);
            } else {
                bytes[count++] = (uint8_t)(0xF0 | scalar >> 18);
                bytes[count++] = (uint8_t)(0x80 | (scalar >> 12 & 0x3F));
            }
            bytes[count++] = (uint8_t)(0x80 | (scalar >> 6 & 0x3F));
        }
        bytes[count++] = (uint8_t)(0x80 | (scalar & 0x3F));
    }
    append(output, bytes, count);
}

/* The code unit of a \uXXXX at a place, or -1. */
static long code_unit(json string, size_t position) {
    char digits[5] = {0};
    if (position + 6 > string.length || string.start[position] != '\\' || string.start[position + 1] != 'u') return -1;
    memcpy(digits, string.start + position + 2, 4);
    return strtol(digits, NULL, 16);
}

void json_decode(json string, buffer *output) {
    size_t position = 1;
    while (position + 1 < string.length) {
        char byte = string.start[position];
        if (byte != '\\') {
            size_t end = position + 1;
            while (end + 1 < string.length && string.start[end] != '\\') end++;
            append(output, string.start + position, end - position);
            position = end;
            continue;
        }
        long unit = code_unit(string, position);
        if (unit < 0) {
            const char *from = "btnfr", *to = "\b\t\n\f\r", *found = strchr(from, string.start[position + 1]);
            append(output, found ? to + (found - from) : string.start + position + 1, 1);
            position += 2;
            continue;
        }
        position += 6;
        if (unit >= 0xD800 && unit <= 0xDBFF) {
            long low = code_unit(string, position);
            if (low >= 0xDC00 && low <= 0xDFFF) {
                unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                position += 6;
            }
        }
        append_scalar(output, (uint32_t)unit);
    }
}

void json_encode(const uint8_t *bytes, size_t count, buffer *output) {
    append_text(output, "\"");
    for (size_t index = 0; index < count; index++) {
        if (bytes[index] == '"' || bytes[index] == '\\') append_text(output, "\\");
        if (bytes[index] < 0x20) {
            char escape[7];
            snprintf(escape, sizeof escape, "\\u%04x", bytes[index]);
            append_text(output, escape);
        } else {
            append(output, bytes + index, 1);
        }
    }
    append_text(output, "\"");
}

long json_integer(json value, long absent) { return value.start ? strtol(value.start, NULL, 10) : absent; }
