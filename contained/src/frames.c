#include "frames.h"

#include "path.h"
#include "pattern.h"

#include <stdbool.h>
#include <string.h>

// A cursor over a payload. Reading past the end makes it short once and for all; the caller asks at the end.
struct reader {
    const uint8_t *at;
    size_t left;
    bool is_short;
};

static uint64_t read_number(struct reader *in, size_t bytes) {
    if (in->left < bytes) {
        in->is_short = true;
        in->left = 0;
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        value = value << 8 | in->at[i];
    }
    in->at += bytes;
    in->left -= bytes;
    return value;
}

static const char *check_length(enum frame_type type, size_t length) {
    switch (type) {
    case FRAME_START:
        return NULL;
    case FRAME_PROGRAM:
    case FRAME_STDIN:
        return length == 0 ? "PROGRAM or STDIN without a byte" : NULL;
    case FRAME_FILE_DATA:
        return length == 0 ? "FILE_DATA without a byte" : NULL;
    case FRAME_PROGRAM_ZSTD:
        return length == 0 ? "PROGRAM_ZSTD without a byte" : NULL;
    case FRAME_PROGRAM_END:
    case FRAME_FILE:
    case FRAME_COLLECT:
        return NULL;
    case FRAME_SIGNAL:
        return length != 1 ? "SIGNAL that is not one byte" : NULL;
    case FRAME_PROGRAM_KEPT:
        return length != 4 ? "PROGRAM_KEPT that is not four bytes" : NULL;
    case FRAME_STDIN_END:
    case FRAME_KILL:
        return length > 0 ? "payload in a frame that has none" : NULL;
    case FRAME_PING:
        return length > PING_BYTES ? "PING of more than 64 bytes" : NULL;
    case FRAME_HELLO:
    case FRAME_STARTED:
    case FRAME_STDOUT:
    case FRAME_STDERR:
    case FRAME_EXIT:
    case FRAME_STDIN_READ:
    case FRAME_PONG:
    case FRAME_STDOUT_ZSTD:
    case FRAME_STDERR_ZSTD:
    case FRAME_OUTPUT_FILE:
    case FRAME_OUTPUT_FILE_DATA:
    case FRAME_OUTPUT_FILE_END:
    case FRAME_OUTPUT_FILE_OMITTED:
        return "frame of the other direction";
    }
    return "unknown frame type";
}

static size_t least_length(enum frame_type type) {
    switch (type) {
    case FRAME_PROGRAM:
    case FRAME_STDIN:
    case FRAME_FILE_DATA:
    case FRAME_SIGNAL:
    case FRAME_PROGRAM_ZSTD:
        return 1;
    case FRAME_PROGRAM_KEPT:
        return 4;
    default:
        return 0;
    }
}

enum parsed frame_next(uint8_t *bytes, size_t count, struct frame *frame, const char **error) {
    if (count == 0) {
        return PARSED_MORE;
    }
    // The type alone is judged first: garbage is refused at its first byte, before a length is believed.
    frame->type = bytes[0];
    if (count < FRAME_HEADER) {
        *error = check_length(frame->type, least_length(frame->type));
        return *error == NULL ? PARSED_MORE : PARSED_WRONG;
    }
    struct reader in = {bytes + 1, 4, false};
    frame->length = read_number(&in, 4);
    frame->payload = bytes + FRAME_HEADER;
    *error = frame->length > FRAME_PAYLOAD ? "frame of more than 65536 bytes" : check_length(frame->type, frame->length);
    if (*error != NULL) {
        return PARSED_WRONG;
    }
    return count - FRAME_HEADER < frame->length ? PARSED_MORE : PARSED_FRAME;
}

// Walks over one list of strings. `strings` is null when they are only checked.
static const char *read_strings(struct reader *in, size_t count, char **strings) {
    for (size_t i = 0; i < count && !in->is_short; i++) {
        uint8_t *length_bytes = (uint8_t *) in->at;
        size_t length = read_number(in, 2);
        if (in->is_short || in->left < length) {
            break;
        }
        if (memchr(in->at, 0, length) != NULL) {
            return "NUL in a string";
        }
        if (strings != NULL) {
            // The two length bytes, read already, make room for the NUL.
            memmove(length_bytes, in->at, length);
            length_bytes[length] = 0;
            strings[i] = (char *) length_bytes;
        }
        in->at += length;
        in->left -= length;
        if (i + 1 == count) {
            return NULL;
        }
    }
    return count == 0 ? NULL : "frame that ends inside its strings";
}

static const char *read_limits(struct reader *in, struct limits *limits) {
    uint64_t flags = read_number(in, 1);
    if ((flags & ~(uint64_t) (START_FLAG_REUSE | START_FLAG_ZSTD)) != 0) {
        return "unknown flag in START";
    }
    limits->reuse = (flags & START_FLAG_REUSE) != 0;
    limits->zstd = (flags & START_FLAG_ZSTD) != 0;
    limits->interrupt_after_millis = read_number(in, 4);
    limits->kill_after_millis = read_number(in, 4);
    limits->cpu_millis = read_number(in, 4);
    limits->program_bytes = read_number(in, 8);
    limits->keep_bytes = read_number(in, 8);
    limits->file_bytes = read_number(in, 8);
    limits->output_bytes = read_number(in, 8);
    limits->memory_bytes = read_number(in, 8);
    limits->max_processes = read_number(in, 4);
    limits->max_open_files = read_number(in, 4);
    limits->max_file_bytes = read_number(in, 8);
    if (in->is_short) {
        return "START that ends inside its limits";
    }
    // A u64 ends where a signed one does: or-ing them keeps the top bit of any.
    if ((limits->program_bytes | limits->keep_bytes | limits->file_bytes | limits->output_bytes | limits->memory_bytes |
         limits->max_file_bytes) >> 63 != 0) {
        return "limit of 2^63 or more in START";
    }
    return limits->kill_after_millis < limits->interrupt_after_millis ? "START that kills before it interrupts" : NULL;
}

static const char *walk_start(struct reader *in, struct limits *limits, struct start *start) {
    const char *error = read_limits(in, limits);
    if (error != NULL) {
        return error;
    }
    size_t arguments = read_number(in, 2);
    error = read_strings(in, arguments, start == NULL ? NULL : start->strings);
    if (error != NULL) {
        return error;
    }
    size_t variables = read_number(in, 2);
    if (in->is_short) {
        return "START without an environment";
    }
    error = read_strings(in, variables, start == NULL ? NULL : start->strings + arguments);
    if (error != NULL) {
        return error;
    }
    if (start != NULL) {
        start->arguments = arguments;
        start->variables = variables;
        start->strings[arguments + variables] = NULL;
    }
    return in->left > 0 ? "START that is longer than its fields" : NULL;
}

const char *start_check(const uint8_t *payload, size_t length, struct limits *limits) {
    struct reader in = {payload, length, false};
    return walk_start(&in, limits, NULL);
}

const char *start_read(uint8_t *payload, size_t length, struct start *start) {
    // Checked as a whole first, so that no count is believed before the strings it counts are known to be there.
    const char *error = start_check(payload, length, &start->limits);
    if (error != NULL) {
        return error;
    }
    struct reader in = {payload, length, false};
    return walk_start(&in, &start->limits, start);
}

static const char *walk_launcher(struct reader *in, struct launcher *launcher) {
    size_t parts = read_number(in, 2);
    if (in->is_short) {
        return "PROGRAM_END without a launcher's count";
    }
    bool has_a_path = in->left > 2 && (in->at[0] > 0 || in->at[1] > 0) && in->at[2] == '/';
    if (parts > 0 && !has_a_path) {
        return "launcher that is not an absolute path";
    }
    const char *error = read_strings(in, parts, launcher == NULL ? NULL : launcher->strings);
    if (error != NULL) {
        return error;
    }
    if (launcher != NULL) {
        launcher->parts = parts;
    }
    return in->left > 0 ? "PROGRAM_END that is longer than its fields" : NULL;
}

const char *launcher_check(const uint8_t *payload, size_t length) {
    struct reader in = {payload, length, false};
    return walk_launcher(&in, NULL);
}

const char *launcher_read(uint8_t *payload, size_t length, struct launcher *launcher) {
    const char *error = launcher_check(payload, length);
    if (error != NULL) {
        return error;
    }
    struct reader in = {payload, length, false};
    return walk_launcher(&in, launcher);
}

const char *file_read(const uint8_t *payload, size_t length, struct file *file) {
    struct reader in = {payload, length, false};
    file->mode = read_number(&in, 2);
    size_t bytes = read_number(&in, 2);
    if (in.is_short || in.left < bytes) {
        return "FILE that ends inside its fields";
    }
    if (file->mode != MODE_PLAIN && file->mode != MODE_EXECUTABLE) {
        return "FILE of a mode that is neither 0644 nor 0755";
    }
    const char *error = path_check(in.at, bytes);
    if (error != NULL) {
        return error;
    }
    memcpy(file->path, in.at, bytes);
    file->path[bytes] = 0;
    return in.left > bytes ? "FILE that is longer than its fields" : NULL;
}

const char *collect_read(const uint8_t *payload, size_t length, struct wanted_files *wanted) {
    struct reader in = {payload, length, false};
    wanted->within_millis = read_number(&in, 4);
    wanted->max_bytes = read_number(&in, 8);
    size_t count = read_number(&in, 2);
    if (in.is_short) {
        return "COLLECT that ends inside its fields";
    }
    if (wanted->max_bytes >> 63 != 0) {
        return "limit of 2^63 or more in COLLECT";
    }
    if (count < 1 || count > MAX_PATTERNS) {
        return "COLLECT that has not 1 to 32 file patterns";
    }
    size_t used = 0;
    for (wanted->count = 0; wanted->count < count; wanted->count++) {
        size_t bytes = read_number(&in, 2);
        if (in.is_short || in.left < bytes) {
            return "COLLECT that ends inside its file patterns";
        }
        const char *error = pattern_check(in.at, bytes);
        if (error != NULL) {
            return error;
        }
        if (used + bytes > MAX_PATTERN_BYTES + wanted->count) {
            return "COLLECT whose file patterns have more than 2048 bytes";
        }
        wanted->patterns[wanted->count] = memcpy(wanted->text + used, in.at, bytes);
        wanted->text[used + bytes] = 0;
        used += bytes + 1;
        in.at += bytes;
        in.left -= bytes;
    }
    return in.left > 0 ? "COLLECT that is longer than its fields" : NULL;
}

const char *program_kept_read(const uint8_t *payload, size_t length, uint32_t *bytes) {
    struct reader in = {payload, length, false};
    *bytes = read_number(&in, 4);
    return *bytes == 0 ? "PROGRAM_KEPT without a byte" : NULL;
}

const char *signal_check(unsigned number) {
    return number < 1 || number > MAX_SIGNAL ? "SIGNAL of a number that is not 1 to 31" : NULL;
}
