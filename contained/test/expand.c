// What zstd compressed comes out as it was, and everything but the one form of frame is refused.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "expand.h"
#include "frames.h"

static struct expander *expander;
static uint8_t plain[FRAME_PAYLOAD + 1], frame[2 * FRAME_PAYLOAD];

static void require(bool holds, const char *what, size_t count) {
    if (!holds) {
        fprintf(stderr, "%zu bytes: %s\n", count, what);
        exit(1);
    }
}

// A copy of exactly this size, so that the sanitizer sees a read that goes further.
static const char *expand_copy(size_t length, struct expanded *expanded) {
    uint8_t *copy = malloc(length);
    memcpy(copy, frame, length);
    const char *error = expand(expander, copy, length, expanded);
    free(copy);
    return error;
}

static void expect_bytes(size_t count) {
    struct expanded expanded = {0};
    size_t length = ZSTD_compress(frame, sizeof frame, plain, count, 1);
    require(expand_copy(length, &expanded) == NULL, "are refused", count);
    require(expanded.count == count && memcmp(expanded.bytes, plain, count) == 0, "come out differently", count);
}

static void refuse(size_t length, const char *what) {
    struct expanded expanded = {0};
    require(expand_copy(length, &expanded) != NULL, what, length);
}

static void refuse_hex(const char *hex, const char *what) {
    size_t length = 0;
    unsigned value;
    for (; sscanf(hex, "%2x", &value) == 1; hex += 2) {
        frame[length++] = (uint8_t) value;
    }
    refuse(length, what);
}

int main(void) {
    expander = expand_prepare();
    require(expander != NULL, "no decoder", 0);
    for (size_t i = 0; i < sizeof plain; i++) {
        plain[i] = (uint8_t) (i * i >> 7);
    }
    for (size_t count = 1; count < FRAME_PAYLOAD; count += 1 + count / 3) {
        expect_bytes(count);
    }
    expect_bytes(FRAME_PAYLOAD);

    refuse(ZSTD_compress(frame, sizeof frame, plain, 0, 1), "no bytes are taken");
    refuse(ZSTD_compress(frame, sizeof frame, plain, FRAME_PAYLOAD + 1, 1), "too many bytes are taken");
    size_t length = ZSTD_compress(frame, sizeof frame, plain, 5000, 1);
    for (size_t part = 0; part < length; part++) {
        refuse(part, "a part of a frame is taken");
    }
    memcpy(frame + length, frame, length);
    refuse(2 * length, "two frames are taken");
    refuse_hex("28b52ffda00000004002000061", "a gigabyte is taken");
    refuse_hex("28b52ffde0ffffffffffffff7f02000061", "a size of 64 bits is taken");
    refuse_hex("28b52ffd20012b000078", "more than it says is taken");
    refuse_hex("28b52ffd20640b000078", "less than it says is taken");
    refuse_hex("28b52ffd00a80b000078", "a window of its own is taken");
    refuse_hex("28b52ffd2107010b000078", "a dictionary is taken");
    refuse_hex("27b52ffd0000000000", "a frame of zstd 0.7 is taken");
    refuse_hex("502a4d180400000061626364", "a frame to skip is taken");
    expect_bytes(5000);
    return 0;
}
