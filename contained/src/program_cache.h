// The last program of a sandbox that is used again, so that its caller's next run need not send what it sent before. It lies in
// contained's own memory, which neither a program nor the process that becomes one ever has.
#ifndef SANDPOOL_PROGRAM_CACHE_H
#define SANDPOOL_PROGRAM_CACHE_H

#include <stddef.h>
#include <stdint.h>

struct program_cache {
    uint8_t *bytes; // null: there is no room
    size_t room;
    size_t touched; // from the beginning: what of the room takes memory
    uint64_t size;  // of the program that is cached, 0: none
    uint64_t limit; // what this run's may have
};

// A run begins, whose program is cached if it has at most so many bytes.
void program_cache_begin(struct program_cache *cache, uint64_t limit);

// The next bytes of this run's program, which take the place of those that are cached there.
void program_cache_put(struct program_cache *cache, uint64_t at, const uint8_t *bytes, size_t length);

// The cached bytes from there on, null if there are not so many.
const uint8_t *program_cache_get(const struct program_cache *cache, uint64_t at, uint64_t length);

// This run's program is complete, and has so many bytes.
void program_cache_end(struct program_cache *cache, uint64_t size);

// None is cached, and its memory is free.
void program_cache_forget(struct program_cache *cache);

#endif
