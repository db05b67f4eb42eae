// libFuzzer target: any bytes, in any portions, and whatever the other side takes at a time, are forwarded or dropped frame by frame as
// they would be if all were there at once. The first byte says which direction it is, and whether the other side waits; the second one how
// long the portions are.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/relay.h"

enum { MAX_INPUT = 1 << 18, PREFIX = 2 };

static uint8_t buffer[RELAY_BYTES];
static uint8_t expected[MAX_INPUT];
static uint8_t written[MAX_INPUT];
static int in[2] = {-1, -1};
static int out[2] = {-1, -1};

static void require(bool holds) {
    if (!holds) {
        abort();
    }
}

static bool is_dropped(enum frame_type type) {
    return type % 2 == 0;
}

// What the relay should forward, and how it should end.
static enum next forward_at_once(const struct relay *relay, const uint8_t *data, size_t size, size_t *length) {
    *length = 0;
    for (size_t at = 0; at < size;) {
        if (data[at] < relay->first_type || data[at] > relay->last_type) {
            return NEXT_WRONG;
        }
        if (size - at < FRAME_HEADER) {
            return NEXT_MORE;
        }
        size_t payload = (size_t) data[at + 1] << 24 | (size_t) data[at + 2] << 16 | (size_t) data[at + 3] << 8 | data[at + 4];
        if (payload > FRAME_PAYLOAD) {
            return NEXT_WRONG;
        }
        size_t frame = FRAME_HEADER + payload < size - at ? FRAME_HEADER + payload : size - at;
        if (!is_dropped(data[at])) {
            memcpy(expected + *length, data + at, frame);
            *length += frame;
        }
        at += frame;
    }
    return NEXT_MORE;
}

static enum next forward(struct relay *relay) {
    struct header header;
    for (;;) {
        enum next next = relay_next(relay, &header);
        require(relay->begin <= relay->passed && relay->passed <= relay->end && relay->end <= RELAY_BYTES);
        if (next != NEXT_FRAME) {
            return next;
        }
        require(header.length <= FRAME_PAYLOAD);
        if (is_dropped(header.type)) {
            relay_drop(relay, &header);
        } else {
            relay_pass(relay, &header);
        }
    }
}

// Writes all that was passed, and says how much of it has come.
static size_t drain(struct relay *relay, size_t have) {
    do {
        require(relay_write(relay, out[1]));
        ssize_t length = read(out[0], written + have, sizeof written - have);
        have += length > 0 ? (size_t) length : 0;
    } while (!relay_is_written(relay));
    return have;
}

static void open_pipes(void) {
    if (in[0] < 0) {
        require(pipe2(in, O_NONBLOCK) == 0 && pipe2(out, O_NONBLOCK) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < PREFIX || size > MAX_INPUT) {
        return 0;
    }
    open_pipes();
    struct relay relay = {.first_type = FRAME_START, .last_type = FRAME_LAST_DOWN, .bytes = buffer};
    if (data[0] % 2 == 1) {
        relay.first_type = FRAME_HELLO;
        relay.last_type = FRAME_LAST_UP;
    }
    bool waits = data[0] & 2; // the reader takes nothing before the buffer is full
    size_t piece = ((size_t) data[1] + 1) * ((size_t) data[1] + 1);
    data += PREFIX;
    size -= PREFIX;
    size_t length;
    enum next ends = forward_at_once(&relay, data, size, &length);
    enum next next = NEXT_MORE;
    size_t have = 0;
    for (size_t at = 0; at < size && next == NEXT_MORE;) {
        size_t count = size - at < piece ? size - at : piece;
        if (!relay_has_room(&relay)) {
            have = drain(&relay, have);
            require(relay_has_room(&relay));
        }
        ssize_t put = write(in[1], data + at, count);
        require(put > 0);
        for (ssize_t taken = 0; taken < put && next == NEXT_MORE;) {
            ssize_t got = relay_has_room(&relay) ? relay_read(&relay, in[0]) : 0;
            taken += got;
            next = forward(&relay);
            if (got == 0 || !waits) {
                have = drain(&relay, have);
            }
        }
        at += (size_t) put;
    }
    have = drain(&relay, have);
    require(next == ends && have == length && memcmp(written, expected, length) == 0);
    while (read(in[0], buffer, sizeof buffer) > 0) {
    }
    return 0;
}
