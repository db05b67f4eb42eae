// What the runner may say in each state, and what follows from it.
#include "input.h"

#include <string.h>
#include <unistd.h>

#include "collect.h"
#include "control.h"
#include "ending.h"
#include "files.h"
#include "run.h"
#include "streams.h"

// Whether a frame of a run is looked at: not when its run has ended, which the runner cannot know in time.
static bool is_before_end(const struct session *session) {
    bool is_over = session->run.state == STATE_WARM && session->runs > 0;
    return !is_over && session->run.state != STATE_ENDING && session->run.state != STATE_REPORTED;
}

static const char *handle_start(struct session *session, const struct frame *frame) {
    if (session->run.state != STATE_WARM) {
        return "START during a run";
    }
    const char *error = start_check(frame->payload, frame->length, &session->run.limits);
    if (error == NULL) {
        program_cache_begin(&session->cache, session->run.limits.reuse ? session->run.limits.keep_bytes : 0);
        run_start(session, frame->payload, frame->length);
    }
    return error;
}

// Null when working files may come now.
static const char *refuse_files(const struct session *session) {
    if (session->run.state != STATE_UPLOADING) {
        return session->run.state == STATE_WARM ? "FILE or FILE_DATA before START" : "FILE or FILE_DATA after PROGRAM_END";
    }
    return session->run.program_bytes > 0 ? "FILE or FILE_DATA after PROGRAM" : NULL;
}

static const char *handle_file(struct session *session, const struct frame *frame) {
    struct file file;
    const char *error = file_read(frame->payload, frame->length, &file);
    if (error == NULL) {
        error = refuse_files(session);
    }
    return error == NULL ? files_begin(session, &file) : error;
}

static const char *handle_collect(struct session *session, const struct frame *frame) {
    if (session->run.state != STATE_UPLOADING) {
        return session->run.state == STATE_WARM ? "COLLECT before START" : "COLLECT after PROGRAM_END";
    }
    return collect_ask(session, frame->payload, frame->length);
}

static const char *handle_file_data(struct session *session, const struct frame *frame) {
    const char *error = refuse_files(session);
    return error == NULL ? files_add(session, frame->payload, frame->length) : error;
}

static const char *handle_signal(struct session *session, const struct frame *frame) {
    const char *error = signal_check(frame->payload[0]);
    if (error == NULL && session->run.state == STATE_RUNNING) {
        control_request(session->run.env.control[0], REQUEST_SIGNAL, frame->payload[0]);
    }
    return error;
}

// Null when so many more bytes of the program may come now.
static const char *refuse_program(const struct session *session, uint64_t length) {
    if (session->run.state != STATE_UPLOADING) {
        return session->run.state == STATE_WARM ? "a part of the program before START" : "a part of the program after PROGRAM_END";
    }
    return length > session->run.limits.program_bytes - session->run.program_bytes
               ? "more bytes of the program than START allowed"
               : NULL;
}

static void add_to_program(struct session *session, const uint8_t *bytes, size_t length) {
    session->run.program_bytes += length;
    for (size_t done = 0; done < length;) {
        ssize_t written = write(session->run.program, bytes + done, length - done);
        if (written <= 0) {
            ending_begin(session, OUTCOME_FAILED_TO_START, "the program does not fit into the sandbox's memory file system");
            return;
        }
        done += (size_t) written;
    }
}

static const char *handle_program(struct session *session, const uint8_t *bytes, size_t length) {
    const char *error = refuse_program(session, length);
    if (error == NULL) {
        program_cache_put(&session->cache, session->run.program_bytes, bytes, length);
        add_to_program(session, bytes, length);
    }
    return error;
}

static const char *handle_program_zstd(struct session *session, const struct frame *frame) {
    struct expanded expanded;
    const char *error = expand(session->expander, frame->payload, frame->length, &expanded);
    return error == NULL ? handle_program(session, expanded.bytes, expanded.count) : error;
}

static const char *handle_program_kept(struct session *session, const struct frame *frame) {
    uint32_t length;
    const char *error = program_kept_read(frame->payload, frame->length, &length);
    if (error == NULL) {
        error = refuse_program(session, length);
    }
    if (error != NULL) {
        return error;
    }
    const uint8_t *bytes = program_cache_get(&session->cache, session->run.program_bytes, length);
    if (bytes == NULL) {
        return "PROGRAM_KEPT of bytes that were not kept";
    }
    add_to_program(session, bytes, length);
    return NULL;
}

static const char *handle_program_end(struct session *session, const struct frame *frame) {
    if (session->run.state != STATE_UPLOADING) {
        return session->run.state == STATE_WARM ? "PROGRAM_END before START" : "PROGRAM_END twice";
    }
    const char *error = launcher_check(frame->payload, frame->length);
    if (error == NULL) {
        program_cache_end(&session->cache, session->run.program_bytes);
        run_launch(session, frame->payload, frame->length);
    }
    return error;
}

static const char *handle_stdin(struct session *session, const struct frame *frame) {
    if (session->run.state == STATE_WARM) {
        return "STDIN before START";
    }
    if (session->run.standard_input_ended) {
        return "STDIN after STDIN_END";
    }
    // What was taken but not acknowledged still counts: the runner cannot know of it.
    if (session->run.standard_input_size + session->run.standard_input_taken + frame->length > STDIN_WINDOW) {
        return "more than 65536 bytes of STDIN that no STDIN_READ has acknowledged";
    }
    memcpy(session->buffers->standard_input + session->run.standard_input_size, frame->payload, frame->length);
    session->run.standard_input_size += frame->length;
    streams_feed(session);
    return NULL;
}

static const char *handle_stdin_end(struct session *session) {
    if (session->run.state == STATE_WARM) {
        return "STDIN_END before START";
    }
    if (session->run.standard_input_ended) {
        return "STDIN_END twice";
    }
    session->run.standard_input_ended = true;
    streams_feed(session);
    return NULL;
}

static void handle_ping(struct session *session, const struct frame *frame) {
    uint8_t *room = output_room(&session->out, FRAME_HEADER + PING_BYTES);
    if (room != NULL) {
        output_put(&session->out, frame_bytes(room, FRAME_PONG, frame->payload, frame->length));
    }
}

const char *input_handle(struct session *session, const struct frame *frame) {
    switch (frame->type) {
    case FRAME_START:
        return handle_start(session, frame);
    case FRAME_PROGRAM:
        return is_before_end(session) ? handle_program(session, frame->payload, frame->length) : NULL;
    case FRAME_PROGRAM_ZSTD:
        return is_before_end(session) ? handle_program_zstd(session, frame) : NULL;
    case FRAME_PROGRAM_KEPT:
        return is_before_end(session) ? handle_program_kept(session, frame) : NULL;
    case FRAME_PROGRAM_END:
        return is_before_end(session) ? handle_program_end(session, frame) : NULL;
    case FRAME_STDIN:
        return is_before_end(session) ? handle_stdin(session, frame) : NULL;
    case FRAME_STDIN_END:
        return is_before_end(session) ? handle_stdin_end(session) : NULL;
    case FRAME_KILL:
        if (is_before_end(session)) {
            ending_begin(session, OUTCOME_KILLED, "");
        }
        return NULL;
    case FRAME_FILE:
        return is_before_end(session) ? handle_file(session, frame) : NULL;
    case FRAME_COLLECT:
        return is_before_end(session) ? handle_collect(session, frame) : NULL;
    case FRAME_FILE_DATA:
        return is_before_end(session) ? handle_file_data(session, frame) : NULL;
    case FRAME_SIGNAL:
        return handle_signal(session, frame);
    default:
        handle_ping(session, frame);
        return NULL;
    }
}
