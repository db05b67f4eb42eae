// What a runner compressed: zstd frames of a program's bytes.
#ifndef SANDPOOL_EXPAND_H
#define SANDPOOL_EXPAND_H

#include <stddef.h>
#include <stdint.h>

struct expander;

struct expanded {
    const uint8_t *bytes; // until the next ones
    size_t count;
};

// All of its memory, touched. Null, and errno says why, where it cannot be had.
struct expander *expand_prepare(void);

// Null, or what is wrong with the frame. At most FRAME_PAYLOAD bytes come out of it.
const char *expand(struct expander *expander, const uint8_t *frame, size_t length, struct expanded *expanded);

#endif
