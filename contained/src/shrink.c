#include "shrink.h"

#include <errno.h>
#include <string.h>
#define ZSTD_STATIC_LINKING_ONLY // a context in memory of our own, of which a fork has no copy
#include <zstd.h>

#include "frames.h"
#include "private_map.h"

enum {
    LEVEL = 1,
    // Below this a frame costs everybody more than its bytes do.
    MIN_BYTES = 1024,
    // A stream that was in vain so often in a row is tried again once in so many frames.
    MAX_IN_VAIN = 4,
    TRIED_ONCE_IN = 16,
};

struct shrinker {
    ZSTD_CCtx *context;
    uint8_t shrunk[FRAME_PAYLOAD];
    max_align_t workspace[];
};

struct shrinker *shrink_prepare(void) {
    size_t size = ZSTD_estimateCCtxSize(LEVEL);
    struct shrinker *shrinker = private_map(sizeof *shrinker + size);
    if (shrinker == NULL) {
        return NULL;
    }
    memset(shrinker, 0, sizeof *shrinker + size);
    ZSTD_CCtx *context = ZSTD_initStaticCCtx(shrinker->workspace, size);
    // One in memory of our own begins with no parameters at all, not with zstd's; among those is that a frame says its size.
    if (context == NULL || ZSTD_isError(ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL))) {
        errno = ENOMEM;
        return NULL;
    }
    shrinker->context = context;
    return shrinker;
}

size_t shrink(struct shrinker *shrinker, struct shrink_tries *tries, uint8_t *bytes, size_t count) {
    if (count < MIN_BYTES) {
        return 0;
    }
    if (tries->to_skip > 0) {
        tries->to_skip--;
        return 0;
    }
    // An eighth less, or it was not worth the runner's work; with no room for more zstd gives up by itself.
    size_t size = ZSTD_compress2(shrinker->context, shrinker->shrunk, count - count / 8, bytes, count);
    if (ZSTD_isError(size)) {
        tries->in_vain++;
        tries->to_skip = tries->in_vain < MAX_IN_VAIN ? 0 : TRIED_ONCE_IN - 1;
        return 0;
    }
    tries->in_vain = 0;
    memcpy(bytes, shrinker->shrunk, size);
    return size;
}
