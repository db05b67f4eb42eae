#define _GNU_SOURCE
#include "relay.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { WORTH_A_READ = 4096 };

// The bytes move to the front where there would be too little room behind them.
static size_t room(struct relay *relay) {
    if (relay->begin > 0 && (relay->begin == relay->end || RELAY_BYTES - relay->end < FRAME_BYTES)) {
        memmove(relay->bytes, relay->bytes + relay->begin, relay->end - relay->begin);
        relay->passed -= relay->begin;
        relay->end -= relay->begin;
        relay->begin = 0;
    }
    return RELAY_BYTES - relay->end;
}

bool relay_has_room(struct relay *relay) {
    return room(relay) >= WORTH_A_READ;
}

ssize_t relay_read(struct relay *relay, int from) {
    ssize_t length = read(from, relay->bytes + relay->end, room(relay));
    if (length > 0) {
        relay->end += (size_t) length;
    }
    return length;
}

static void remove_unpassed(struct relay *relay, size_t count) {
    uint8_t *at = relay->bytes + relay->passed;
    memmove(at, at + count, relay->end - relay->passed - count);
    relay->end -= count;
}

static void take_current(struct relay *relay) {
    size_t there = relay->end - relay->passed;
    size_t taken = relay->frame_left < there ? relay->frame_left : there;
    relay->frame_left -= taken;
    if (relay->is_dropping) {
        remove_unpassed(relay, taken);
    } else {
        relay->passed += taken;
    }
}

enum next relay_next(struct relay *relay, struct header *header) {
    take_current(relay);
    const uint8_t *at = relay->bytes + relay->passed;
    size_t there = relay->end - relay->passed;
    if (relay->frame_left > 0 || there == 0) {
        return NEXT_MORE;
    }
    // The type is judged before the length is there, so that garbage of a few bytes is not waited upon.
    header->type = at[0];
    if (header->type < relay->first_type || header->type > relay->last_type) {
        return NEXT_WRONG;
    }
    if (there < FRAME_HEADER) {
        return NEXT_MORE;
    }
    header->length = (size_t) at[1] << 24 | (size_t) at[2] << 16 | (size_t) at[3] << 8 | at[4];
    return header->length > FRAME_PAYLOAD ? NEXT_WRONG : NEXT_FRAME;
}

static void begin_frame(struct relay *relay, const struct header *header, bool is_dropping) {
    relay->frame_left = FRAME_HEADER + header->length;
    relay->is_dropping = is_dropping;
    take_current(relay);
}

void relay_pass(struct relay *relay, const struct header *header) {
    begin_frame(relay, header, false);
}

void relay_drop(struct relay *relay, const struct header *header) {
    begin_frame(relay, header, true);
}

void relay_pass_all(struct relay *relay) {
    relay->passed = relay->end;
    relay->frame_left = 0;
}

bool relay_insert(struct relay *relay, const uint8_t *frame, size_t size) {
    if (room(relay) < size) {
        return false;
    }
    // Only between two frames, when nothing unpassed lies behind.
    memcpy(relay->bytes + relay->end, frame, size);
    relay->end += size;
    relay->passed = relay->end;
    return true;
}

void relay_cut(struct relay *relay) {
    relay->end = relay->passed;
    relay->frame_left = 0;
}

void relay_forget(struct relay *relay) {
    relay->begin = relay->passed;
    relay->is_dropping = true;
}

bool relay_write(struct relay *relay, int to) {
    while (relay->begin < relay->passed) {
        ssize_t written = write(to, relay->bytes + relay->begin, relay->passed - relay->begin);
        if (written < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        relay->begin += (size_t) written;
    }
    return true;
}

bool relay_is_written(const struct relay *relay) {
    return relay->begin == relay->passed;
}
