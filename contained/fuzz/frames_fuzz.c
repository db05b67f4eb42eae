// libFuzzer target: any bytes, in any portions, must be frames, a wait for more, or an error, and nothing else.
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "path.h"
#include "pattern.h"

enum { START_FIXED = 73, PROGRAM_END_FIXED = 2 };

static struct start start;
static struct launcher launcher;
static struct file file;
static struct wanted_files wanted;

// Every string must end inside the payload: the sanitizer sees a read that goes further.
static size_t size_of(char **strings, size_t count) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += strlen(strings[i]) + 2;
    }
    return bytes;
}

// contained's check and the program's process must be of one mind.
static void agree(const char *checked, const char *read) {
    if ((checked == NULL) != (read == NULL)) {
        abort();
    }
}

static void read_start(const struct frame *frame) {
    struct limits limits;
    const char *checked = start_check(frame->payload, frame->length, &limits);
    const char *read = start_read(frame->payload, frame->length, &start);
    agree(checked, read);
    if (read == NULL && (size_of(start.strings, start.arguments + start.variables) + START_FIXED != frame->length ||
                         start.strings[start.arguments + start.variables] != NULL)) {
        abort();
    }
}

static void read_program_end(const struct frame *frame) {
    const char *checked = launcher_check(frame->payload, frame->length);
    const char *read = launcher_read(frame->payload, frame->length, &launcher);
    agree(checked, read);
    if (read == NULL && (size_of(launcher.strings, launcher.parts) + PROGRAM_END_FIXED != frame->length ||
                         (launcher.parts > 0 && launcher.strings[0][0] != '/'))) {
        abort();
    }
}

static void read_file(const struct frame *frame) {
    if (file_read(frame->payload, frame->length, &file) != NULL) {
        return;
    }
    char inside[PATH_BYTES + 3];
    inside[0] = '/';
    strcpy(inside + 1, file.path);
    strcat(inside, "/");
    if (strstr(inside, "/../") != NULL || strstr(inside, "/./") != NULL || strstr(inside, "//") != NULL ||
        strncmp(inside, "/play/", 6) == 0 || strlen(file.path) + 4 != frame->length ||
        path_check((const uint8_t *) file.path, strlen(file.path)) != NULL) {
        abort();
    }
}

static void read_program_kept(const struct frame *frame) {
    uint32_t bytes;
    if (program_kept_read(frame->payload, frame->length, &bytes) == NULL && bytes == 0) {
        abort();
    }
}

// What is accepted are patterns that keep the rules, and any two of them can be matched.
static void read_collect(const struct frame *frame) {
    if (collect_read(frame->payload, frame->length, &wanted) != NULL) {
        return;
    }
    for (size_t i = 0; i < wanted.count; i++) {
        const char *pattern = wanted.patterns[i];
        if (pattern_check((const uint8_t *) pattern, strlen(pattern)) != NULL) {
            abort();
        }
        if (pattern_is_literal(pattern) && !pattern_matches(pattern, pattern)) {
            abort();
        }
        pattern_matches(pattern, wanted.patterns[0]);
        pattern_leads_into(wanted.patterns[0], pattern);
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
            read_start(&frame);
        } else if (frame.type == FRAME_PROGRAM_KEPT) {
            read_program_kept(&frame);
        } else if (frame.type == FRAME_PROGRAM_END) {
            read_program_end(&frame);
        } else if (frame.type == FRAME_FILE) {
            read_file(&frame);
        } else if (frame.type == FRAME_COLLECT) {
            read_collect(&frame);
        }
        taken += FRAME_HEADER + frame.length;
    }
    free(bytes);
    return 0;
}
