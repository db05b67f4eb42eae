// What is passed on compressed comes out as it was, smaller, and in the one form of zstd frame that a runner takes; what is no
// smaller stays as it was, and is not tried for long.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "frames.h"
#include "shrink.h"

enum { TRIES_BEFORE_SKIPPING = 4, TRIED_ONCE_IN = 16, LEAST = 1024 };

static struct shrinker *shrinker;
static uint8_t plain[FRAME_PAYLOAD], bytes[FRAME_PAYLOAD], again[FRAME_PAYLOAD];

static void require(bool holds, const char *what, size_t count) {
    if (!holds) {
        fprintf(stderr, "%zu bytes: %s\n", count, what);
        exit(1);
    }
}

static void fill_with_text(void) {
    for (size_t i = 0; i < sizeof plain;) {
        i += (size_t) snprintf((char *) plain + i, sizeof plain - i, "line %zu of a program's output\n", i * i);
    }
}

static void fill_with_noise(void) {
    uint32_t state = 2463534242;
    for (size_t i = 0; i < sizeof plain; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        plain[i] = (uint8_t) (state >> 11);
    }
}

static size_t shrink_copy(struct shrink_tries *tries, size_t count) {
    memcpy(bytes, plain, sizeof plain);
    return shrink(shrinker, tries, bytes, count);
}

static void expect_frame(size_t count) {
    size_t size = shrink_copy(&(struct shrink_tries) {0}, count);
    require(size > 0 && size <= count - count / 8, "not smaller by an eighth", count);
    require(ZSTD_getFrameContentSize(bytes, size) == count, "does not say its size", count);
    require((bytes[4] & 0x3F) == 0x20, "not a single segment without checksum and dictionary", count);
    require(ZSTD_findFrameCompressedSize(bytes, size) == size, "not one frame", count);
    require(ZSTD_decompress(again, sizeof again, bytes, size) == count && memcmp(again, plain, count) == 0, "comes out differently", count);
}

static void expect_untouched(struct shrink_tries *tries, size_t count) {
    require(shrink_copy(tries, count) == 0, "was shrunk", count);
    require(memcmp(bytes, plain, sizeof plain) == 0, "was changed", count);
}

int main(void) {
    shrinker = shrink_prepare();
    require(shrinker != NULL, "no compressor", 0);

    fill_with_text();
    for (size_t count = LEAST; count < FRAME_PAYLOAD; count += count / 5) {
        expect_frame(count);
    }
    expect_frame(FRAME_PAYLOAD);
    expect_untouched(&(struct shrink_tries) {0}, LEAST - 1);

    fill_with_noise();
    struct shrink_tries tries = {0};
    for (int i = 0; i < TRIES_BEFORE_SKIPPING; i++) {
        expect_untouched(&tries, FRAME_PAYLOAD);
    }
    fill_with_text();
    for (int i = 1; i < TRIED_ONCE_IN; i++) {
        expect_untouched(&tries, FRAME_PAYLOAD);
    }
    require(shrink_copy(&tries, FRAME_PAYLOAD) > 0, "is never tried again", FRAME_PAYLOAD);
    require(shrink_copy(&tries, FRAME_PAYLOAD) > 0, "is not tried after a success", FRAME_PAYLOAD);
    return 0;
}
