// libFuzzer target: any bytes are refused, or are a HELLO to which two facts are added at the end and in which nothing else changes. The
// first four bytes say how many runs were served.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "supervisor/hello.h"

enum { SERVED_BYTES = 4, COUNT_AT = 2, FIXED = 4 };

static void require(bool holds) {
    if (!holds) {
        abort();
    }
}

static size_t number_at(const uint8_t *at) {
    return (size_t) at[0] << 8 | at[1];
}

static const uint8_t *take(const uint8_t *at, const char *string) {
    require(number_at(at) == strlen(string) && memcmp(at + 2, string, strlen(string)) == 0);
    return at + 2 + strlen(string);
}

static void complete(const uint8_t *payload, size_t length, unsigned served) {
    char number[16];
    snprintf(number, sizeof number, "%u", served);
    uint8_t *frame = malloc(FRAME_HEADER + length + HELLO_ADDED_BYTES);
    require(frame != NULL && length + FRAME_HEADER <= HELLO_BYTES);
    size_t size = hello_complete(frame, payload, length, served);
    const uint8_t *facts = frame + FRAME_HEADER;
    size_t said = (size_t) frame[1] << 24 | (size_t) frame[2] << 16 | (size_t) frame[3] << 8 | frame[4];
    require(frame[0] == FRAME_HELLO && said == size - FRAME_HEADER);
    require(number_at(facts + COUNT_AT) == number_at(payload + COUNT_AT) + 2);
    require(memcmp(facts, payload, COUNT_AT) == 0 && memcmp(facts + FIXED, payload + FIXED, length - FIXED) == 0);
    const uint8_t *end = take(take(take(take(facts + length, "isolation"), "embedded"), "served"), number);
    require(end == frame + size);
    // Completed once more it would say them twice.
    require(!hello_is_right(facts, said));
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < SERVED_BYTES) {
        return 0;
    }
    unsigned served;
    memcpy(&served, data, sizeof served);
    size -= SERVED_BYTES;
    // A copy of exactly this size, so that one byte too far is seen.
    uint8_t *payload = malloc(size > 0 ? size : 1);
    require(payload != NULL);
    memcpy(payload, data + SERVED_BYTES, size);
    if (hello_is_right(payload, size)) {
        complete(payload, size, served);
    }
    free(payload);
    return 0;
}
