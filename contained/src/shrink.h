// What a program wrote, made smaller by zstd for a runner that asked for it: bytes cost more on their way than here.
#ifndef SANDPOOL_SHRINK_H
#define SANDPOOL_SHRINK_H

#include <stddef.h>
#include <stdint.h>

struct shrinker;

// How it went with one stream: bytes that have just been of no use to compress are not tried each time.
struct shrink_tries {
    unsigned in_vain; // one after the other
    unsigned to_skip; // so many are passed on as they are
};

// All of its memory, touched. Null, and errno says why, where it cannot be had.
struct shrinker *shrink_prepare(void);

// At most FRAME_PAYLOAD bytes become a zstd frame, in their place; its size. 0: they stay as they are, which is better.
size_t shrink(struct shrinker *shrinker, struct shrink_tries *tries, uint8_t *bytes, size_t count);

#endif
