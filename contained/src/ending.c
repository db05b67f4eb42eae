// How a run ends, and the end of its processes.
#define _GNU_SOURCE
#include "ending.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "clock.h"
#include "control.h"
#include "fd.h"
#include "processes.h"

void ending_reap(struct session *session) {
    int status;
    if (session->run.init == 0 || waitpid(session->run.init, &status, WNOHANG | WUNTRACED) != session->run.init) {
        return;
    }
    if (WIFSTOPPED(status)) {
        kill(session->run.init, SIGCONT); // gVisor lets the program stop its process 1
        return;
    }
    session->run.init = 0;
    if (!(session->run.env.namespaces & CLONE_NEWPID)) {
        processes_kill_descendants();
    }
}

void ending_kill_all(struct session *session) {
    if (session->run.init > 0) {
        kill(session->run.init, SIGKILL);
        // Returns when the whole namespace is gone.
        while (waitpid(session->run.init, NULL, 0) < 0 && errno == EINTR) {
        }
        session->run.init = 0;
    }
    if (!(session->run.env.namespaces & CLONE_NEWPID)) {
        processes_kill_descendants();
    }
}

void ending_fail(struct session *session, const char *what) {
    char message[EXIT_MESSAGE];
    snprintf(message, sizeof message, "%s: %s", what, strerror(errno));
    ending_begin(session, OUTCOME_INTERNAL_ERROR, message);
}

void ending_begin(struct session *session, enum outcome outcome, const char *message) {
    struct run *run = &session->run;
    if (run->state >= STATE_ENDING) {
        return;
    }
    run->state = STATE_ENDING;
    run->ending_since = clock_now();
    run->report.outcome = outcome;
    snprintf(run->report.message, sizeof run->report.message, "%s", message);
    if (!run->has_run) {
        // It may have begun all the same; but nobody has been told, and so nobody is told what it printed.
        fd_close(&run->output[0].pipe);
        fd_close(&run->output[1].pipe);
    }
    run->standard_input_size = 0;
    run->standard_input_taken = 0;
    fd_close(&run->env.standard_input[0]);
    fd_close(&run->program);
    fd_close(&run->files.open);
    if (run->env.control[0] >= 0) {
        control_request(run->env.control[0], REQUEST_KILL, 0); // if it fails, init is gone or will be
    }
}

bool ending_is_settled(const struct session *session) {
    const struct run *run = &session->run;
    // How it ended is known for certain when init has told, or is gone. Processes that hold no output are not waited for:
    // they end with init, and contained outlives that.
    bool is_known = run->has_ended || run->init == 0;
    return run->state == STATE_ENDING && is_known && run->output[0].pipe < 0 && run->output[1].pipe < 0;
}
