#include "output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool output_is_empty(const struct output *output) {
    return output->begin == output->end;
}

uint8_t *output_room(struct output *output, size_t size) {
    if (output->begin == output->end) {
        output->begin = output->end = 0;
    } else if (OUTPUT_BYTES - output->end < size && output->begin > 0) {
        memmove(output->bytes, output->bytes + output->begin, output->end - output->begin);
        output->end -= output->begin;
        output->begin = 0;
    }
    return OUTPUT_BYTES - output->end < size ? NULL : output->bytes + output->end;
}

void output_put(struct output *output, size_t size) {
    output->end += size;
}

void output_flush(struct output *output) {
    while (!output_is_empty(output) && !output->is_broken) {
        ssize_t written = write(1, output->bytes + output->begin, output->end - output->begin);
        if (written < 0) {
            output->is_broken = errno != EAGAIN && errno != EINTR;
            return;
        }
        output->begin += (size_t) written;
    }
}
