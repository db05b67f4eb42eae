// The program's three streams.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "crc32.h"
#include "session.h"

void run_feed(struct session *session) {
    int pipe = session->run.world.standard_input[0];
    if (session->run.standard_input_size > 0) {
        ssize_t written = pipe < 0 ? -1 : write(pipe, session->buffers->standard_input, session->run.standard_input_size);
        if (written < 0 && (pipe < 0 || errno == EPIPE)) {
            // The program closed it: dropped, and acknowledged so that the runner is not kept waiting.
            written = (ssize_t) session->run.standard_input_size;
            session_close(&session->run.world.standard_input[0]);
        }
        if (written > 0) {
            session->run.standard_input_size -= (size_t) written;
            session->run.standard_input_taken += (uint32_t) written;
            memmove(session->buffers->standard_input, session->buffers->standard_input + written, session->run.standard_input_size);
        }
    }
    if (session->run.standard_input_size == 0 && session->run.standard_input_ended) {
        session_close(&session->run.world.standard_input[0]);
    }
    uint8_t *room = output_room(&session->out, FRAME_HEADER + 4);
    if (session->run.standard_input_taken > 0 && room != NULL) {
        output_put(&session->out, frame_stdin_read(room, session->run.standard_input_taken));
        session->run.standard_input_taken = 0;
    }
}

static void exceed_output(struct session *session, struct stream *stream) {
    session_close(&stream->pipe);
    if (session->run.natural_end) {
        // It ended before all that it wrote had been read.
        session->run.report.outcome = OUTCOME_OUTPUT_LIMIT;
        session->run.report.exit_code = 0;
        session->run.report.signal = 0;
    }
    run_end(session, OUTCOME_OUTPUT_LIMIT, "");
}

void run_drain(struct session *session, struct stream *stream) {
    uint8_t *room = output_room(&session->out, FRAME_BYTES + OUTPUT_RESERVE);
    if (room == NULL || stream->pipe < 0) {
        return;
    }
    uint64_t allowed = session->run.limits.output_bytes - stream->sent;
    size_t wanted = allowed < FRAME_PAYLOAD ? (size_t) allowed + 1 : FRAME_PAYLOAD;
    ssize_t length = read(stream->pipe, room + FRAME_HEADER, wanted);
    if (length < 0 && (errno == EAGAIN || errno == EINTR) && session->run.init > 0) {
        return;
    }
    if (length <= 0) {
        session_close(&stream->pipe); // ended, or empty with nobody left to write
        return;
    }
    size_t counted = (uint64_t) length > allowed ? (size_t) allowed : (size_t) length;
    if (counted > 0) {
        stream->crc = crc32_add(stream->crc, room + FRAME_HEADER, counted);
        stream->sent += counted;
        output_put(&session->out, frame_header(room, stream->type, counted) + counted);
    }
    if (counted < (size_t) length) {
        exceed_output(session, stream);
    }
}
