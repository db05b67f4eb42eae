// How a run ends, and the end of its processes.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "control.h"
#include "processes.h"
#include "session.h"

static void note_end(struct run *run) {
    if (run->has_run && run->report.wall_micros == 0) {
        run->report.wall_micros = session_now() - run->launched_at;
    }
}

static uint64_t less(uint64_t value, uint64_t before) {
    return value > before ? value - before : 0;
}

static void note_usage(struct run *run, const struct tell *ended) {
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
    if (limits_cpu_exceeded(session, run->report.user_micros + run->report.system_micros)) {
        run_end(session, OUTCOME_CPU_TIME_EXCEEDED, "");
        return;
    }
    if (run->interrupted) {
        run_end(session, OUTCOME_TIMED_OUT, "");
        return;
    }
    run->natural_end = true;
    if (WIFSIGNALED(status)) {
        run->report.signal = (uint8_t) WTERMSIG(status);
        run_end(session, OUTCOME_SIGNALLED, "");
    } else {
        run->report.exit_code = (uint8_t) WEXITSTATUS(status);
        run_end(session, OUTCOME_EXITED, "");
    }
}

// Init has gone, and did not say how the program ended: gVisor lets the program SIGKILL it, which ends the program too.
static void lose_init(struct session *session) {
    note_end(&session->run);
    if (session->run.state == STATE_RUNNING) {
        end_naturally(session, SIGKILL);
    } else if (session->run.state < STATE_ENDING) {
        errno = ECHILD;
        run_fail(session, "the sandbox's init ended");
    }
}

static void hear(struct session *session, const struct tell *tell) {
    switch ((enum tell_what) tell->what) {
    case TELL_ENDED:
        session->run.has_ended = true;
        note_end(&session->run);
        note_usage(&session->run, tell);
        if (session->run.state == STATE_RUNNING) {
            end_naturally(session, tell->status);
        }
        break;
    case TELL_MEMORY:
        limits_hear_memory(session, tell->memory_bytes);
        break;
    case TELL_CPU:
        limits_hear_cpu(session, &tell->cpu);
        break;
    case TELL_READY:
    case TELL_FILES:
        break;
    }
}

void run_hear_init(struct session *session) {
    struct tell tell;
    int descriptors[TELL_DESCRIPTORS];
    ssize_t length = control_hear(session->run.world.control[0], &tell, descriptors, MSG_DONTWAIT);
    if (length < 0 && errno == EAGAIN) {
        return;
    }
    if (session->run.state == STATE_LAUNCHING) {
        run_hear_launch(session); // it happened before, and must be told before
    }
    if (length > 0) {
        hear(session, &tell);
    } else {
        session_close(&session->run.world.control[0]);
        lose_init(session);
    }
}

void run_reap(struct session *session) {
    int status;
    if (session->run.init == 0 || waitpid(session->run.init, &status, WNOHANG | WUNTRACED) != session->run.init) {
        return;
    }
    if (WIFSTOPPED(status)) {
        kill(session->run.init, SIGCONT); // gVisor lets the program stop its process 1
        return;
    }
    session->run.init = 0;
    if (!(session->run.world.namespaces & CLONE_NEWPID)) {
        processes_kill_descendants();
    }
}

void run_kill_all(struct session *session) {
    if (session->run.init > 0) {
        kill(session->run.init, SIGKILL);
        // Returns when the whole namespace is gone.
        while (waitpid(session->run.init, NULL, 0) < 0 && errno == EINTR) {
        }
        session->run.init = 0;
    }
    if (!(session->run.world.namespaces & CLONE_NEWPID)) {
        processes_kill_descendants();
    }
}

void run_fail(struct session *session, const char *what) {
    char message[EXIT_MESSAGE];
    snprintf(message, sizeof message, "%s: %s", what, strerror(errno));
    run_end(session, OUTCOME_INTERNAL_ERROR, message);
}

void run_end(struct session *session, enum outcome outcome, const char *message) {
    struct run *run = &session->run;
    if (run->state >= STATE_ENDING) {
        return;
    }
    run->state = STATE_ENDING;
    run->ending_since = session_now();
    run->report.outcome = outcome;
    snprintf(run->report.message, sizeof run->report.message, "%s", message);
    if (!run->has_run) {
        // It may have begun all the same; but nobody has been told, and so nobody is told what it printed.
        session_close(&run->output[0].pipe);
        session_close(&run->output[1].pipe);
    }
    run->standard_input_size = 0;
    run->standard_input_taken = 0;
    session_close(&run->world.standard_input[0]);
    session_close(&run->program);
    session_close(&run->files.open);
    if (run->world.control[0] >= 0) {
        control_ask(run->world.control[0], ASK_KILL, 0); // if it fails, init is gone or will be
    }
}

bool run_is_settled(const struct session *session) {
    const struct run *run = &session->run;
    // How it ended is known for certain when init has told, or is gone. Processes that hold no output are not waited for:
    // they end with init, and contained outlives that.
    bool is_known = run->has_ended || run->init == 0;
    return run->state == STATE_ENDING && is_known && run->output[0].pipe < 0 && run->output[1].pipe < 0;
}
