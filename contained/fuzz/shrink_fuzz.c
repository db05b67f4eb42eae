// libFuzzer target: whatever a program writes, in whatever portions, is passed on as it was or as a zstd frame of it in the form that a
// runner takes. The first byte says how long the portions are.
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "frames.h"
#include "shrink.h"

static struct shrinker *shrinker;
static uint8_t bytes[FRAME_PAYLOAD], again[FRAME_PAYLOAD];

static void pass_on(struct shrink_tries *tries, const uint8_t *plain, size_t count) {
    memcpy(bytes, plain, count);
    size_t size = shrink(shrinker, tries, bytes, count);
    bool is_right = size == 0 ? memcmp(bytes, plain, count) == 0
                              : size < count && (bytes[4] & 0x3F) == 0x20 && ZSTD_getFrameContentSize(bytes, size) == count &&
                                    ZSTD_findFrameCompressedSize(bytes, size) == size &&
                                    ZSTD_decompress(again, sizeof again, bytes, size) == count && memcmp(again, plain, count) == 0;
    if (!is_right) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0 || (shrinker == NULL && (shrinker = shrink_prepare()) == NULL)) {
        return 0;
    }
    struct shrink_tries tries = {0};
    size_t portion = ((size_t) data[0] + 1) * (FRAME_PAYLOAD / 256);
    for (size_t at = 1; at < size; at += portion) {
        pass_on(&tries, data + at, size - at < portion ? size - at : portion);
    }
    return 0;
}
