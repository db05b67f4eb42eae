#define _GNU_SOURCE
#include "kept.h"

#include <string.h>
#include <sys/mman.h>

#include "own.h"

// Without a mapping a program is not kept, which HELLO tells.
static void make_room(struct kept *kept, uint64_t room) {
    if (kept->bytes != NULL || room == 0 || room > SIZE_MAX) {
        return;
    }
    // Programs begin as forks of contained: they are to have no copy, and its pages no second owner.
    kept->bytes = own_memory((size_t) room);
    kept->room = kept->bytes == NULL ? 0 : (size_t) room;
}

void kept_begin(struct kept *kept, uint64_t limit) {
    make_room(kept, limit);
    kept->limit = limit < kept->room ? limit : kept->room;
}

void kept_put(struct kept *kept, uint64_t at, const uint8_t *bytes, size_t length) {
    // What is behind the limit is not wanted; what is kept there may be, by this run, which comes to it later.
    if (at > kept->limit || length > kept->limit - at) {
        return;
    }
    memcpy(kept->bytes + at, bytes, length);
    kept->touched = kept->touched > at + length ? kept->touched : (size_t) at + length;
}

const uint8_t *kept_get(const struct kept *kept, uint64_t at, uint64_t length) {
    return at > kept->size || length > kept->size - at ? NULL : kept->bytes + at;
}

void kept_end(struct kept *kept, uint64_t size) {
    kept->size = size;
    if (size > kept->limit) {
        kept_forget(kept);
    }
}

void kept_forget(struct kept *kept) {
    if (kept->touched > 0) {
        madvise(kept->bytes, kept->room, MADV_DONTNEED);
    }
    kept->touched = 0;
    kept->size = 0;
}
