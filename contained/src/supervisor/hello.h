// The HELLO of an inner sandbox, with what the supervisor knows beside it.
#ifndef SANDPOOL_HELLO_H
#define SANDPOOL_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    // Of a HELLO of contained.
    HELLO_BYTES = 8192,
    HELLO_ADDED_BYTES = 64,
};

// Whether a payload is that of a HELLO with room for our facts, none of which it says itself.
bool hello_is_right(const uint8_t *payload, size_t length);

// Writes the frame for the runner to `at`, which has room for HELLO_BYTES and HELLO_ADDED_BYTES more, and returns its size. The payload
// is right.
size_t hello_complete(uint8_t *at, const uint8_t *payload, size_t length, unsigned served);

#endif
