#define _GNU_SOURCE
#include "program_cache.h"

#include <string.h>
#include <sys/mman.h>

#include "private_map.h"

// Without a mapping no program is cached, which HELLO says.
static void make_room(struct program_cache *cache, uint64_t room) {
    if (cache->bytes != NULL || room == 0 || room > SIZE_MAX) {
        return;
    }
    // Programs begin as forks of contained: they are to have no copy, and its pages no second owner.
    cache->bytes = private_map((size_t) room);
    cache->room = cache->bytes == NULL ? 0 : (size_t) room;
}

void program_cache_begin(struct program_cache *cache, uint64_t limit) {
    make_room(cache, limit);
    cache->limit = limit < cache->room ? limit : cache->room;
}

void program_cache_put(struct program_cache *cache, uint64_t at, const uint8_t *bytes, size_t length) {
    // What is behind the limit is not wanted; what is cached there may be, by this run, which comes to it later.
    if (at > cache->limit || length > cache->limit - at) {
        return;
    }
    memcpy(cache->bytes + at, bytes, length);
    cache->touched = cache->touched > at + length ? cache->touched : (size_t) at + length;
}

const uint8_t *program_cache_get(const struct program_cache *cache, uint64_t at, uint64_t length) {
    return at > cache->size || length > cache->size - at ? NULL : cache->bytes + at;
}

void program_cache_end(struct program_cache *cache, uint64_t size) {
    cache->size = size;
    if (size > cache->limit) {
        program_cache_forget(cache);
    }
}

void program_cache_forget(struct program_cache *cache) {
    if (cache->touched > 0) {
        madvise(cache->bytes, cache->room, MADV_DONTNEED);
    }
    cache->touched = 0;
    cache->size = 0;
}
