// When the time for a program's output is up: one that ended by itself has timed out only if something it wrote is dropped.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "crc32.h"
#include "ending.h"
#include "fd.h"
#include "streams.h"

// What streams.c calls, of what is not tested here.
void ending_begin(struct session *session, enum outcome outcome, const char *message) {
    (void) session;
    (void) outcome;
    (void) message;
}

void fd_close(int *descriptor) {
    if (*descriptor >= 0) {
        close(*descriptor);
        *descriptor = -1;
    }
}

uint64_t clock_now(void) {
    return 1;
}

static struct session session;
static struct buffers buffers;

// Of a program that exited with 4 and wrote so many bytes to each stream, each of which is still held.
static void expect(size_t bytes, uint64_t allowed, enum outcome outcome, size_t passed) {
    static char written[1 << 20];
    int held[2];
    memset(&session, 0, sizeof session);
    session.buffers = &buffers;
    session.out.bytes = buffers.output;
    session.run.init = 1;
    session.run.state = STATE_ENDING;
    session.run.natural_end = true;
    session.run.report.exit_code = 4;
    session.run.limits.output_bytes = allowed;
    for (int i = 0; i < 2; i++) {
        int ends[2];
        if (pipe2(ends, O_NONBLOCK) != 0 || fcntl(ends[1], F_SETPIPE_SZ, sizeof written) < 0 ||
            write(ends[1], written, bytes) != (ssize_t) bytes) {
            perror("cannot begin");
            exit(1);
        }
        session.run.output[i] = (struct stream) {.type = i == 0 ? FRAME_STDOUT : FRAME_STDERR, .pipe = ends[0]};
        held[i] = ends[1];
    }
    streams_cut(&session);
    const struct exit_report *report = &session.run.report;
    bool is_right = report->outcome == outcome && report->exit_code == (outcome == OUTCOME_EXITED ? 4 : 0) &&
                    session.run.output[0].sent == passed && session.run.output[0].pipe < 0 && session.run.output[1].pipe < 0;
    if (!is_right) {
        fprintf(stderr, "%zu bytes: outcome %d, %llu passed on\n", bytes, (int) report->outcome, (unsigned long long) session.run.output[0].sent);
        exit(1);
    }
    close(held[0]);
    close(held[1]);
}

int main(void) {
    crc32_prepare();
    expect(0, 1 << 20, OUTCOME_EXITED, 0);
    expect(1000, 1 << 20, OUTCOME_EXITED, 1000);
    expect(FRAME_PAYLOAD + 1, 1 << 20, OUTCOME_TIMED_OUT, FRAME_PAYLOAD);
    expect(1000, 999, OUTCOME_OUTPUT_LIMIT, 999);
    return 0;
}
