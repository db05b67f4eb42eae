#include "expand.h"

#include <errno.h>
#include <string.h>
#define ZSTD_STATIC_LINKING_ONLY // a context in memory of our own, of which a fork has no copy
#include <zstd.h>

#include "frames.h"
#include "private_map.h"

enum {
    MAGIC_BYTES = 4,
    SHORTEST_HEADER = 6,
    // Of the frame's descriptor: a single segment, and neither a checksum nor a dictionary.
    DESCRIPTOR_MASK = 0x3F,
    SINGLE_SEGMENT = 0x20,
};

struct expander {
    ZSTD_DCtx *context;
    uint8_t expanded[FRAME_PAYLOAD];
    max_align_t workspace[];
};

struct expander *expand_prepare(void) {
    size_t size = ZSTD_estimateDCtxSize();
    struct expander *expander = private_map(sizeof *expander + size);
    if (expander == NULL) {
        return NULL;
    }
    memset(expander, 0, sizeof *expander + size);
    expander->context = ZSTD_initStaticDCtx(expander->workspace, size);
    if (expander->context == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    return expander;
}

const char *expand(struct expander *expander, const uint8_t *frame, size_t length, struct expanded *expanded) {
    // The library would also call decoders of formats before 1.0, which hardly anybody looks at any more.
    static const uint8_t magic[MAGIC_BYTES] = {0x28, 0xB5, 0x2F, 0xFD};
    if (length < SHORTEST_HEADER || memcmp(frame, magic, sizeof magic) != 0 || (frame[MAGIC_BYTES] & DESCRIPTOR_MASK) != SINGLE_SEGMENT) {
        return "PROGRAM_ZSTD that is no zstd frame of one segment";
    }
    unsigned long long count = ZSTD_getFrameContentSize(frame, length); // what it cannot know or read is a very large number
    if (count == 0 || count > FRAME_PAYLOAD) {
        return "PROGRAM_ZSTD that does not say that it is of 1 to 65536 bytes";
    }
    if (ZSTD_findFrameCompressedSize(frame, length) != length) {
        return "PROGRAM_ZSTD that is not one whole zstd frame";
    }
    if (ZSTD_decompressDCtx(expander->context, expander->expanded, (size_t) count, frame, length) != count) {
        return "PROGRAM_ZSTD that is broken";
    }
    *expanded = (struct expanded) {expander->expanded, (size_t) count};
    return NULL;
}
