// Frames on their way to the runner. It may be slow to take them; nothing here ever waits for it.
#ifndef SANDPOOL_OUTPUT_H
#define SANDPOOL_OUTPUT_H

#include <stdbool.h>

#include "frames.h"

enum {
    // Kept free of program output: PONG, STARTED, STDIN_READ and EXIT always find room, unless the runner sends pings by
    // the hundred and takes no answer.
    OUTPUT_RESERVE = 8192,
    OUTPUT_BYTES = 2 * FRAME_BYTES + OUTPUT_RESERVE,
};

struct output {
    size_t begin;
    size_t end;
    bool is_broken; // nobody reads any more
    uint8_t *bytes; // OUTPUT_BYTES
};

bool output_is_empty(const struct output *output);

// Where a frame of at most `size` bytes may be put, null when there is no room; output_put() then says how long it became.
uint8_t *output_room(struct output *output, size_t size);
void output_put(struct output *output, size_t size);

// Writes what the pipe takes.
void output_flush(struct output *output);

#endif
