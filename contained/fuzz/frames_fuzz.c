// libFuzzer target: any bytes, in any portions, must be frames, a wait for more, or an error, and nothing else.
#include <stdlib.h>
#include <string.h>

#include "frames.h"

static struct start start;

static void read_whole(const struct frame *frame) {
    struct limits limits;
    const char *checked = start_check(frame->payload, frame->length, &limits);
    const char *read = start_read(frame->payload, frame->length, &start);
    if ((checked == NULL) != (read == NULL)) {
        abort(); // contained's check and the program's process must be of one mind
    }
    if (read != NULL) {
        return;
    }
    // Every string must end inside the payload: the sanitizer sees a read that goes further.
    size_t bytes = 0;
    for (size_t i = 0; i < start.arguments; i++) {
        bytes += strlen(start.strings[1 + i]) + 2;
    }
    for (size_t i = 0; i < start.variables; i++) {
        bytes += strlen(start.strings[start.arguments + 2 + i]) + 2;
    }
    if (bytes + 53 != frame->length || start.strings[start.arguments + 1] != NULL ||
        start.strings[start.arguments + 2 + start.variables] != NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    // A copy of exactly this size, so that one byte too far is seen.
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    if (bytes == NULL) {
        return 0;
    }
    memcpy(bytes, data, size);
    struct frame frame;
    const char *error = NULL;
    for (size_t taken = 0; frame_next(bytes + taken, size - taken, &frame, &error) == PARSED_FRAME;) {
        if (frame.type == FRAME_START) {
            read_whole(&frame);
        }
        taken += FRAME_HEADER + frame.length;
    }
    free(bytes);
    return 0;
}
