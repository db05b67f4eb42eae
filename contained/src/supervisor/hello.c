#include "hello.h"

#include <stdio.h>
#include <string.h>

#include "../frames.h"

_Static_assert((int) MAX_HELLO_BYTES <= (int) HELLO_BYTES, "HELLO has room");

enum { MAX_FACTS = 64, ADDED = 2, PREFIX = 4 }; // version and count come first

static const char isolation[] = "isolation";
static const char served_key[] = "served";

static size_t number_at(const uint8_t *at) {
    return (size_t) at[0] << 8 | at[1];
}

static bool is_key(const uint8_t *at, size_t length, const char *key) {
    return length == strlen(key) && memcmp(at, key, length) == 0;
}

// Whether the facts are all there, and none of them is ours.
static bool has_other_facts(const uint8_t *payload, size_t length) {
    if (length < PREFIX) {
        return false;
    }
    size_t count = number_at(payload + 2);
    size_t at = PREFIX;
    for (size_t i = 0; i < 2 * count; i++) {
        if (length - at < 2) {
            return false;
        }
        size_t size = number_at(payload + at);
        at += 2;
        if (length - at < size) {
            return false;
        }
        bool is_ours = is_key(payload + at, size, isolation) || is_key(payload + at, size, served_key);
        if (i % 2 == 0 && is_ours) {
            return false;
        }
        at += size;
    }
    return at == length && count + ADDED <= MAX_FACTS;
}

static uint8_t *put(uint8_t *at, const char *string) {
    size_t length = strlen(string);
    *at++ = (uint8_t) (length >> 8);
    *at++ = (uint8_t) length;
    memcpy(at, string, length);
    return at + length;
}

bool hello_is_right(const uint8_t *payload, size_t length) {
    return length <= HELLO_BYTES - FRAME_HEADER && has_other_facts(payload, length);
}

size_t hello_complete(uint8_t *at, const uint8_t *payload, size_t length, unsigned served) {
    char number[16];
    snprintf(number, sizeof number, "%u", served);
    uint8_t *facts = at + FRAME_HEADER;
    memcpy(facts, payload, length);
    facts[3] = (uint8_t) (facts[3] + ADDED);
    uint8_t *end = put(facts + length, isolation);
    end = put(end, "embedded");
    end = put(end, served_key);
    end = put(end, number);
    frame_header(at, FRAME_HELLO, (size_t) (end - facts));
    return (size_t) (end - at);
}
