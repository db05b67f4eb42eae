// What the supervisor forwards and drops, fed in pieces of every size, and what it adds to HELLO.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/hello.h"
#include "supervisor/relay.h"

static uint8_t buffer[RELAY_BYTES];
static int in[2];
static int out[2];

static void require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "not so: %s\n", what);
        exit(1);
    }
}

static struct relay down(void) {
    return (struct relay) {.first_type = FRAME_START, .last_type = FRAME_LAST_DOWN, .bytes = buffer};
}

static void write_all(const uint8_t *bytes, size_t count) {
    require(write(in[1], bytes, count) == (ssize_t) count, "the pipe takes the bytes");
}

// Reads what is there, and drops STDIN.
static enum next run(struct relay *relay) {
    struct header header;
    relay_read(relay, in[0]);
    for (;;) {
        enum next next = relay_next(relay, &header);
        if (next != NEXT_FRAME) {
            return next;
        }
        if (header.type == FRAME_STDIN) {
            relay_drop(relay, &header);
        } else {
            relay_pass(relay, &header);
        }
    }
}

static size_t take_written(uint8_t *at, size_t size) {
    ssize_t length = read(out[0], at, size);
    return length > 0 ? (size_t) length : 0;
}

static void forwards_and_drops_whatever_the_pieces(void) {
    uint8_t stream[4096];
    uint8_t expected[4096];
    uint8_t payload[300];
    size_t size = 0;
    size_t wanted = 0;
    memset(payload, 0x0b, sizeof payload); // each byte of it could be a header's
    for (size_t i = 0; i < 4; i++) {
        size += frame_bytes(stream + size, FRAME_PROGRAM, payload, 100 * i + 1 < sizeof payload ? 100 * i + 1 : sizeof payload);
        size += frame_bytes(stream + size, FRAME_STDIN, payload, 50 * i);
        wanted += frame_bytes(expected + wanted, FRAME_PROGRAM, payload, 100 * i + 1 < sizeof payload ? 100 * i + 1 : sizeof payload);
    }
    for (size_t piece = 1; piece <= size; piece++) {
        struct relay relay = down();
        uint8_t written[4096];
        size_t have = 0;
        for (size_t at = 0; at < size; at += piece) {
            write_all(stream + at, size - at < piece ? size - at : piece);
            require(run(&relay) == NEXT_MORE, "whole frames are known for ones");
            require(relay_write(&relay, out[1]), "somebody reads");
            have += take_written(written + have, sizeof written - have);
        }
        require(have == wanted && memcmp(written, expected, wanted) == 0, "all but STDIN is forwarded as it was");
        require(relay.frame_left == 0 && relay.begin == relay.end, "nothing is left");
    }
}

static void refuses(const uint8_t *bytes, size_t count, const char *what) {
    struct relay relay = down();
    write_all(bytes, count);
    require(run(&relay) == NEXT_WRONG, what);
}

static void refuses_what_is_no_frame(void) {
    refuses((const uint8_t[]) {0}, 1, "type 0 is refused at its first byte");
    refuses((const uint8_t[]) {FRAME_LAST_DOWN + 1}, 1, "a type beyond the last is refused");
    refuses((const uint8_t[]) {FRAME_HELLO}, 1, "a frame up is refused on its way down");
    refuses((const uint8_t[]) {FRAME_PROGRAM, 0, 1, 0, 1}, 5, "a payload of 65537 bytes is refused");
    refuses((const uint8_t[]) {FRAME_PROGRAM, 0xff, 0xff, 0xff, 0xff}, 5, "a length that would be negative is refused");
}

static void holds_no_more_than_its_buffer(void) {
    struct relay relay = down();
    static uint8_t frame[FRAME_BYTES];
    frame_header(frame, FRAME_PROGRAM, FRAME_PAYLOAD);
    fcntl(in[1], F_SETPIPE_SZ, 1 << 20);
    fcntl(in[1], F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 8; i++) {
        write_all(frame, sizeof frame);
        run(&relay);
    }
    while (relay_has_room(&relay)) {
        run(&relay);
    }
    require(relay.end <= RELAY_BYTES, "what nobody takes stays in the pipe");
    relay_forget(&relay);
    require(relay_is_written(&relay) && relay_has_room(&relay), "what is forgotten makes room");
}

static void drops_the_rest_of_a_frame_whose_reader_is_gone(void) {
    struct relay relay = down();
    uint8_t bytes[64];
    uint8_t written[64];
    size_t size = frame_bytes(bytes, FRAME_PROGRAM, (const uint8_t[20]) {0}, 20);
    write_all(bytes, 10);
    require(run(&relay) == NEXT_MORE, "a part of a frame is no frame");
    relay_forget(&relay);
    write_all(bytes + 10, size - 10);
    size = frame_bytes(bytes, FRAME_PING, (const uint8_t[]) {7}, 1);
    write_all(bytes, size);
    require(run(&relay) == NEXT_MORE, "the frame after it is known for one");
    require(relay_write(&relay, out[1]), "somebody reads");
    require(take_written(written, sizeof written) == size && memcmp(written, bytes, size) == 0, "only that is forwarded");
}

static size_t hello_of(uint8_t *at, struct facts *facts) {
    return frame_hello(at, PROTOCOL_VERSION, facts) - FRAME_HEADER;
}

static void adds_to_hello(void) {
    static uint8_t frame[FRAME_BYTES];
    static uint8_t expected[FRAME_BYTES];
    uint8_t completed[HELLO_BYTES + HELLO_ADDED_BYTES];
    struct facts facts = {1, {{"kernel", "gvisor"}}};
    size_t length = hello_of(frame, &facts);
    require(hello_is_right(frame + FRAME_HEADER, length), "a HELLO is right");
    size_t size = hello_complete(completed, frame + FRAME_HEADER, length, 4294967295u);
    struct facts all = {3, {{"kernel", "gvisor"}, {"isolation", "embedded"}, {"served", "4294967295"}}};
    require(size == hello_of(expected, &all) + FRAME_HEADER && memcmp(completed, expected, size) == 0, "two facts are added");
    for (size_t cut = 0; cut < length; cut++) {
        require(!hello_is_right(frame + FRAME_HEADER, cut), "a HELLO that is cut off is refused");
    }
    require(!hello_is_right(frame + FRAME_HEADER, length + 1), "a HELLO that is too long is refused");
    struct facts forged = {1, {{"isolation", "none"}}};
    length = hello_of(frame, &forged);
    require(!hello_is_right(frame + FRAME_HEADER, length), "a HELLO that says one of ours is refused");
}

static void counts_facts(void) {
    static uint8_t payload[1024] = {0, PROTOCOL_VERSION, 0, 62};
    require(hello_is_right(payload, 4 + 62 * 4), "62 empty facts are not too many");
    payload[3] = 63;
    require(!hello_is_right(payload, 4 + 63 * 4), "with 63 there would be 65");
    payload[2] = 0xff;
    payload[3] = 0xff;
    require(!hello_is_right(payload, sizeof payload), "a count is not believed");
}

int main(void) {
    if (pipe2(in, O_NONBLOCK) != 0 || pipe2(out, O_NONBLOCK) != 0) {
        perror("cannot begin");
        return 1;
    }
    forwards_and_drops_whatever_the_pieces();
    refuses_what_is_no_frame();
    drops_the_rest_of_a_frame_whose_reader_is_gone();
    adds_to_hello();
    counts_facts();
    holds_no_more_than_its_buffer();
    return 0;
}
