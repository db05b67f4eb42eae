// The last program of a sandbox that is used again, so that its caller's next run need not send what it sent before. It lies in
// contained's own memory, which neither a program nor the process that becomes one ever has.
#ifndef SANDPOOL_KEPT_H
#define SANDPOOL_KEPT_H

#include <stddef.h>
#include <stdint.h>

struct kept {
    uint8_t *bytes; // null: there is no room
    size_t room;
    size_t touched; // from the beginning: what of the room takes memory
    uint64_t size;  // of the program that is kept, 0: none
    uint64_t limit; // what this run's may have
};

// A run begins, whose program is kept if it has at most so many bytes.
void kept_begin(struct kept *kept, uint64_t limit);

// The next bytes of this run's program, which take the place of those that are kept there.
void kept_put(struct kept *kept, uint64_t at, const uint8_t *bytes, size_t length);

// The kept bytes from there on, null if there are not so many.
const uint8_t *kept_get(const struct kept *kept, uint64_t at, uint64_t length);

// This run's program is complete, and has so many bytes.
void kept_end(struct kept *kept, uint64_t size);

// None is kept, and its memory is free.
void kept_forget(struct kept *kept);

#endif
