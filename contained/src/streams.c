// The program's three streams.
#include "streams.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "crc32.h"
#include "ending.h"
#include "fd.h"

void streams_feed(struct session *session) {
    int pipe = session->run.env.standard_input[0];
    if (session->run.standard_input_size > 0) {
        ssize_t written = pipe < 0 ? -1 : write(pipe, session->buffers->standard_input, session->run.standard_input_size);
        if (written < 0 && (pipe < 0 || errno == EPIPE)) {
            // The program closed it: dropped, and acknowledged so that the runner is not kept waiting.
            written = (ssize_t) session->run.standard_input_size;
            fd_close(&session->run.env.standard_input[0]);
        }
        if (written > 0) {
            session->run.standard_input_size -= (size_t) written;
            session->run.standard_input_taken += (uint32_t) written;
            memmove(session->buffers->standard_input, session->buffers->standard_input + written, session->run.standard_input_size);
        }
    }
    if (session->run.standard_input_size == 0 && session->run.standard_input_ended) {
        fd_close(&session->run.env.standard_input[0]);
    }
    uint8_t *room = output_room(&session->out, FRAME_HEADER + 4);
    if (session->run.standard_input_taken > 0 && room != NULL) {
        output_put(&session->out, frame_stdin_read(room, session->run.standard_input_taken));
        session->run.standard_input_taken = 0;
    }
}

// A program that writes little at a time, and often, would have a frame made of each write, and each frame is work for
// everybody on its way. So after a burst of small reads the next one waits, and takes all that has come by then.
enum { GATHER_MICROS = 2000, GATHER_BURST = 64 };

static const uint64_t burst_micros = (uint64_t) GATHER_BURST * GATHER_MICROS;

static void note_small_read(struct run *run) {
    uint64_t now = clock_now();
    run->small_reads_until = (run->small_reads_until > now ? run->small_reads_until : now) + GATHER_MICROS;
}

uint64_t streams_gather_until(const struct run *run) {
    // A program that is over is not waited for.
    return run->state == STATE_RUNNING && run->small_reads_until > burst_micros ? run->small_reads_until - burst_micros : 0;
}

static void end_differently(struct session *session, enum outcome outcome) {
    session->run.report.outcome = outcome;
    session->run.report.exit_code = 0;
    session->run.report.signal = 0;
    session->run.natural_end = false;
}

static void exceed_output(struct session *session, struct stream *stream) {
    fd_close(&stream->pipe);
    if (session->run.natural_end) {
        end_differently(session, OUTCOME_OUTPUT_LIMIT); // before all that it wrote had been read
    }
    ending_begin(session, OUTCOME_OUTPUT_LIMIT, "");
}

// Puts a frame around the bytes that lie where its payload belongs.
static void pass_on(struct session *session, struct stream *stream, uint8_t *frame, size_t length) {
    enum frame_type type = stream->type;
    size_t shrunk = session->run.limits.zstd ? shrink(session->shrinker, &stream->tries, frame + FRAME_HEADER, length) : 0;
    if (shrunk > 0) {
        type = type == FRAME_STDOUT ? FRAME_STDOUT_ZSTD : FRAME_STDERR_ZSTD;
        length = shrunk;
    }
    output_put(&session->out, frame_header(frame, type, length) + length);
}

// True when it took what there was, and that was less than a frame may hold.
static bool drain(struct session *session, struct stream *stream) {
    uint8_t *room = output_room(&session->out, FRAME_BYTES + OUTPUT_RESERVE);
    if (room == NULL || stream->pipe < 0) {
        return false;
    }
    uint64_t allowed = session->run.limits.output_bytes - stream->sent;
    size_t wanted = allowed < FRAME_PAYLOAD ? (size_t) allowed + 1 : FRAME_PAYLOAD;
    ssize_t length = read(stream->pipe, room + FRAME_HEADER, wanted);
    if (length < 0 && (errno == EAGAIN || errno == EINTR) && session->run.init > 0) {
        return false;
    }
    if (length <= 0) {
        fd_close(&stream->pipe); // ended, or empty with nobody left to write
        return false;
    }
    size_t counted = (uint64_t) length > allowed ? (size_t) allowed : (size_t) length;
    if (counted > 0) {
        stream->crc = crc32_add(stream->crc, room + FRAME_HEADER, counted);
        stream->sent += counted;
        pass_on(session, stream, room, counted);
    }
    if (counted < (size_t) length) {
        exceed_output(session, stream);
    }
    return (size_t) length < wanted;
}

void streams_drain(struct session *session, bool is_stdout_ready, bool is_stderr_ready) {
    bool was_small = is_stdout_ready && drain(session, &session->run.output[0]);
    was_small |= is_stderr_ready && drain(session, &session->run.output[1]);
    if (was_small) {
        note_small_read(&session->run);
    }
}

static bool is_unread(const struct stream *stream) {
    int bytes = 0;
    return stream->pipe >= 0 && (ioctl(stream->pipe, FIONREAD, &bytes) != 0 || bytes > 0);
}

void streams_cut(struct session *session) {
    // Who ended in time may have left no more than this; a pipe that is empty and still held, by what takes long to die, is none of it.
    streams_drain(session, true, true);
    bool is_cut = is_unread(&session->run.output[0]) || is_unread(&session->run.output[1]);
    fd_close(&session->run.output[0].pipe);
    fd_close(&session->run.output[1].pipe);
    if (is_cut && session->run.natural_end) {
        end_differently(session, OUTCOME_TIMED_OUT); // before all that it wrote could be passed on
    }
}
