// Frames up, put together.
#include <string.h>

#include "frames.h"

static uint8_t *put_number(uint8_t *at, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (uint8_t) (value >> 8 * (bytes - 1 - i));
    }
    return at + bytes;
}

static uint8_t *put_string(uint8_t *at, const char *string) {
    size_t length = strlen(string);
    at = put_number(at, length, 2);
    memcpy(at, string, length);
    return at + length;
}

size_t frame_header(uint8_t *at, enum frame_type type, size_t payload) {
    at[0] = (uint8_t) type;
    put_number(at + 1, payload, 4);
    return FRAME_HEADER;
}

size_t frame_bytes(uint8_t *at, enum frame_type type, const uint8_t *payload, size_t length) {
    frame_header(at, type, length);
    if (length > 0) {
        memcpy(at + FRAME_HEADER, payload, length);
    }
    return FRAME_HEADER + length;
}

size_t frame_stdin_read(uint8_t *at, uint32_t bytes) {
    frame_header(at, FRAME_STDIN_READ, 4);
    put_number(at + FRAME_HEADER, bytes, 4);
    return FRAME_HEADER + 4;
}

static size_t finish(uint8_t *frame, enum frame_type type, const uint8_t *end) {
    size_t size = (size_t) (end - frame);
    frame_header(frame, type, size - FRAME_HEADER);
    return size;
}

size_t frame_hello(uint8_t *at, uint16_t version, const struct facts *facts) {
    uint8_t *out = put_number(at + FRAME_HEADER, version, 2);
    out = put_number(out, facts->count, 2);
    for (size_t i = 0; i < facts->count; i++) {
        out = put_string(out, facts->fact[i].key);
        out = put_string(out, facts->fact[i].value);
    }
    return finish(at, FRAME_HELLO, out);
}

size_t frame_output_file(uint8_t *at, const char *path) {
    return finish(at, FRAME_OUTPUT_FILE, put_string(at + FRAME_HEADER, path));
}

size_t frame_output_file_end(uint8_t *at, bool truncated, uint64_t bytes, uint32_t crc) {
    uint8_t *out = put_number(at + FRAME_HEADER, truncated, 1);
    out = put_number(out, bytes, 8);
    return finish(at, FRAME_OUTPUT_FILE_END, put_number(out, crc, 4));
}

size_t frame_output_file_omitted(uint8_t *at, enum omission omission, uint32_t count, const char *path) {
    uint8_t *out = put_number(at + FRAME_HEADER, omission, 1);
    out = put_number(out, count, 4);
    return finish(at, FRAME_OUTPUT_FILE_OMITTED, put_string(out, path));
}

size_t frame_exit(uint8_t *at, const struct exit_report *report) {
    uint8_t *out = at + FRAME_HEADER;
    out = put_number(out, report->outcome, 1);
    out = put_number(out, report->exit_code, 1);
    out = put_number(out, report->signal, 1);
    out = put_number(out, report->wall_micros, 8);
    out = put_number(out, report->user_micros, 8);
    out = put_number(out, report->system_micros, 8);
    out = put_number(out, report->peak_memory_bytes, 8);
    out = put_number(out, report->stdout_bytes, 8);
    out = put_number(out, report->stderr_bytes, 8);
    out = put_number(out, report->stdout_crc, 4);
    out = put_number(out, report->stderr_crc, 4);
    out = put_string(out, report->message);
    return finish(at, FRAME_EXIT, out);
}
