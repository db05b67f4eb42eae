// libFuzzer target: whatever a runner calls a compressed part of a program becomes at most a frame of bytes, or is refused.
#include <stdlib.h>
#include <string.h>

#include "expand.h"
#include "frames.h"

static struct expander *expander;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (expander == NULL && (expander = expand_prepare()) == NULL) {
        return 0;
    }
    // A copy of exactly this size, so that one byte too far is seen.
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    if (bytes == NULL) {
        return 0;
    }
    memcpy(bytes, data, size);
    struct expanded expanded;
    if (expand(expander, bytes, size, &expanded) == NULL && (expanded.count == 0 || expanded.count > FRAME_PAYLOAD)) {
        abort();
    }
    free(bytes);
    return 0;
}
