// What init says: how the program ended, and what looks found.
#define _GNU_SOURCE
#include "init_messages.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "clock.h"
#include "control.h"
#include "ending.h"
#include "fd.h"
#include "run.h"
#include "run_limits.h"

static void note_end(struct run *run) {
    if (run->has_run && run->report.wall_micros == 0) {
        run->report.wall_micros = clock_now() - run->launched_at;
    }
}

static uint64_t less(uint64_t value, uint64_t before) {
    return value > before ? value - before : 0;
}

static void note_usage(struct run *run, const struct reply *ended) {
    if (!run->has_run) {
        return;
    }
    run->report.user_micros = less(ended->user_micros, run->user_before);
    run->report.system_micros = less(ended->system_micros, run->system_before);
    // Looks see all processes together, but in gVisor some 200 KiB too little, and of a short program nothing. The kernel's count is that of the
    // largest process, file pages included: those do not count for the limit, so it says no more than that.
    uint64_t limit = run->limits.memory_bytes;
    uint64_t counted = limit > 0 && ended->memory_bytes > limit ? limit : ended->memory_bytes;
    if (counted > run->report.peak_memory_bytes) {
        run->report.peak_memory_bytes = counted;
    }
}

static void end_naturally(struct session *session, int status) {
    struct run *run = &session->run;
    // What it used between the last look and its end counts, too.
    if (run_limits_cpu_exceeded(session, run->report.user_micros + run->report.system_micros)) {
        ending_begin(session, OUTCOME_CPU_TIME_EXCEEDED, "");
        return;
    }
    if (run->interrupted) {
        ending_begin(session, OUTCOME_TIMED_OUT, "");
        return;
    }
    run->natural_end = true;
    if (WIFSIGNALED(status)) {
        run->report.signal = (uint8_t) WTERMSIG(status);
        ending_begin(session, OUTCOME_SIGNALLED, "");
    } else {
        run->report.exit_code = (uint8_t) WEXITSTATUS(status);
        ending_begin(session, OUTCOME_EXITED, "");
    }
}

// Init has gone, and did not say how the program ended: gVisor lets the program SIGKILL it, which ends the program too.
static void lose_init(struct session *session) {
    note_end(&session->run);
    if (session->run.state == STATE_RUNNING) {
        end_naturally(session, SIGKILL);
    } else if (session->run.state < STATE_ENDING) {
        errno = ECHILD;
        ending_fail(session, "the sandbox's init ended");
    }
}

static void handle(struct session *session, const struct reply *reply) {
    switch ((enum reply_type) reply->type) {
    case REPLY_ENDED:
        session->run.has_ended = true;
        note_end(&session->run);
        note_usage(&session->run, reply);
        if (session->run.state == STATE_RUNNING) {
            end_naturally(session, reply->status);
        }
        break;
    case REPLY_MEMORY:
        run_limits_receive_memory(session, reply->memory_bytes);
        break;
    case REPLY_CPU:
        run_limits_receive_cpu(session, &reply->cpu);
        break;
    case REPLY_READY:
    case REPLY_FILES:
        break;
    }
}

void init_messages_receive(struct session *session) {
    struct reply reply;
    int descriptors[REPLY_DESCRIPTORS];
    ssize_t length = control_receive(session->run.env.control[0], &reply, descriptors, MSG_DONTWAIT);
    if (length < 0 && errno == EAGAIN) {
        return;
    }
    if (session->run.state == STATE_LAUNCHING) {
        run_receive_launch(session); // it happened before, and must be told before
    }
    if (length > 0) {
        handle(session, &reply);
    } else {
        fd_close(&session->run.env.control[0]);
        lose_init(session);
    }
}
