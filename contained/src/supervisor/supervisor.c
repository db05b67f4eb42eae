#define _GNU_SOURCE
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "../processes.h"

enum {
    MICROS_PER_MILLI = 1000,
    MAX_FAILURES = 3,
    // A short run is over before, and does not share the processors with the start of what comes after it.
    NEXT_AFTER_MICROS = 100000,
    // On a node that is busy, it takes seconds.
    GREETING_MICROS = 30000000,
    // As contained: for a runner whose client reads slowly.
    FAREWELL_MICROS = 10000000,
};

enum watched { WATCH_INPUT, WATCH_OUTPUT, WATCH_SIGNALS, WATCH_DOWN, WATCH_UP, WATCH_NEXT, WATCH_ERRORS, WATCH_NEXT_ERRORS, WATCHED };

uint64_t supervisor_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
}

// When the next inner sandbox may be started; UINT64_MAX: not before something happens.
static uint64_t next_start(const struct supervisor *supervisor) {
    if (supervisor->next.exists || supervisor->has_remains) {
        return UINT64_MAX; // there are never three
    }
    switch (supervisor->phase) {
    case PHASE_SILENT:
    case PHASE_BETWEEN:
        return 0;
    case PHASE_RUNNING:
        // After a failure the next try is after the run, which may need what that one did not get.
        return supervisor->is_last_run || supervisor->failures > 0 ? UINT64_MAX : supervisor->started_at + NEXT_AFTER_MICROS;
    case PHASE_GREETED:
    case PHASE_LEAVING:
        break;
    }
    return UINT64_MAX;
}

// After SIGTERM a runner still reads the last EXIT, until then; UINT64_MAX: in a run, or without SIGTERM.
static uint64_t leave_at(const struct supervisor *supervisor) {
    bool is_in_run = supervisor->phase == PHASE_RUNNING || supervisor->phase == PHASE_LEAVING;
    return supervisor->is_last_run && !is_in_run ? supervisor->exit_at + FAREWELL_MICROS : UINT64_MAX;
}

// When there is something to do without an event; UINT64_MAX: never.
static uint64_t next_deadline(const struct supervisor *supervisor) {
    if (supervisor->phase == PHASE_LEAVING) {
        return supervisor->leaving_at + FAREWELL_MICROS;
    }
    bool is_starting = supervisor->next.exists && !supervisor->next.is_ready;
    uint64_t next = is_starting ? supervisor->next.started_at + GREETING_MICROS : next_start(supervisor);
    uint64_t leaving = leave_at(supervisor);
    return leaving < next ? leaving : next;
}

static int wait_millis(const struct supervisor *supervisor) {
    uint64_t deadline = next_deadline(supervisor);
    uint64_t now = supervisor_now();
    if (deadline == UINT64_MAX) {
        return -1;
    }
    return deadline > now ? (int) ((deadline - now + MICROS_PER_MILLI - 1) / MICROS_PER_MILLI) : 0;
}

static void watch(struct supervisor *supervisor, struct pollfd *watched) {
    const struct inner *current = &supervisor->current;
    const struct inner *next = &supervisor->next;
    bool is_listening = supervisor->phase == PHASE_LEAVING ||
                        (!supervisor->down_waits && !supervisor->ignores_input && relay_has_room(&supervisor->down));
    bool has_down = current->exists && !relay_is_written(&supervisor->down);
    bool receives_up = current->exists && relay_has_room(&supervisor->up);
    // Without an event asked for, a hang-up of either end is still told.
    watched[WATCH_INPUT] = (struct pollfd) {.fd = 0, .events = is_listening ? POLLIN : 0};
    watched[WATCH_OUTPUT] = (struct pollfd) {.fd = 1, .events = relay_is_written(&supervisor->up) ? 0 : POLLOUT};
    watched[WATCH_SIGNALS] = (struct pollfd) {.fd = supervisor->signals, .events = POLLIN};
    watched[WATCH_DOWN] = (struct pollfd) {.fd = has_down ? current->input : -1, .events = POLLOUT};
    watched[WATCH_UP] = (struct pollfd) {.fd = receives_up ? current->output : -1, .events = POLLIN};
    watched[WATCH_NEXT] = (struct pollfd) {.fd = next->exists ? next->output : -1, .events = POLLIN};
    watched[WATCH_ERRORS] = (struct pollfd) {.fd = current->exists ? current->errors : -1, .events = POLLIN};
    watched[WATCH_NEXT_ERRORS] = (struct pollfd) {.fd = next->exists ? next->errors : -1, .events = POLLIN};
}

// The number of a signal that asks the supervisor to end, else 0.
static int read_signals(const struct supervisor *supervisor) {
    struct signalfd_siginfo info;
    int asked = 0;
    while (read(supervisor->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGCHLD) {
            asked = (int) info.ssi_signo;
        }
    }
    return asked;
}

static enum step handle_signals(struct supervisor *supervisor) {
    int asked = read_signals(supervisor);
    children_reap(supervisor);
    bool exit_may_be_unread = supervisor->served > 0 && supervisor_now() < supervisor->exit_at + FAREWELL_MICROS;
    // The run that goes on is not ended by a deletion of the pod; contained does the same.
    if (asked == SIGTERM && (supervisor->phase == PHASE_RUNNING || exit_may_be_unread)) {
        supervisor->is_last_run = true;
    } else if (asked == SIGTERM && supervisor->phase == PHASE_LEAVING && !relay_is_written(&supervisor->up)) {
        return STEP_GO_ON; // it ends soon
    } else if (asked != 0) {
        return reason_fail("ended by signal %d", asked);
    }
    return STEP_GO_ON;
}

static void lose_next(struct supervisor *supervisor, const char *why) {
    dprintf(2, "supervisor: an inner sandbox %s\n", why);
    inner_kill(&supervisor->next);
    children_reap(supervisor);
    supervisor->failures++;
}

static enum step start_next(struct supervisor *supervisor, uint64_t now) {
    const char *undone = inner_start(&supervisor->next, &supervisor->places, now);
    if (undone == NULL) {
        return STEP_GO_ON;
    }
    if (supervisor->phase != PHASE_RUNNING) {
        return reason_fail("cannot %s: %s", undone, strerror(errno));
    }
    dprintf(2, "supervisor: cannot %s: %s\n", undone, strerror(errno));
    supervisor->failures++;
    return STEP_GO_ON;
}

static enum step look_after_next(struct supervisor *supervisor, bool has_spoken) {
    struct inner *next = &supervisor->next;
    uint64_t now = supervisor_now();
    const char *wrong = next->exists && has_spoken ? inner_receive_greeting(next) : NULL;
    if (wrong != NULL) {
        lose_next(supervisor, wrong);
    } else if (next->exists && !next->is_ready && now >= next->started_at + GREETING_MICROS) {
        lose_next(supervisor, "does not greet");
    }
    bool is_waited_for = supervisor->phase == PHASE_SILENT || supervisor->phase == PHASE_BETWEEN;
    if (is_waited_for && supervisor->failures >= MAX_FAILURES) {
        return reason_fail("gives up after three inner sandboxes that did not start");
    }
    return now >= next_start(supervisor) ? start_next(supervisor, now) : STEP_GO_ON;
}

static enum step receive_input(struct supervisor *supervisor, const struct pollfd *input) {
    if (input->revents == 0) {
        return STEP_GO_ON;
    }
    if (!(input->events & POLLIN)) {
        return STEP_END; // it is not asked for more then, so this is a hang-up
    }
    ssize_t length = relay_read(&supervisor->down, 0);
    if (length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR))) {
        return STEP_GO_ON;
    }
    bool is_inside = supervisor->down.frame_left > 0 || supervisor->down.passed < supervisor->down.end;
    return is_inside && supervisor->phase != PHASE_LEAVING ? reason_fail("its input ended inside a frame") : STEP_END;
}

static enum step move_down(struct supervisor *supervisor, const struct pollfd *watched) {
    enum step step = receive_input(supervisor, &watched[WATCH_INPUT]);
    if (step == STEP_GO_ON) {
        step = forward_down(supervisor);
    }
    if (step == STEP_GO_ON && supervisor->current.exists && !relay_write(&supervisor->down, supervisor->current.input)) {
        relay_forget(&supervisor->down); // its output says the rest
    }
    return step;
}

static enum step move_up(struct supervisor *supervisor, const struct pollfd *watched) {
    enum step step = STEP_GO_ON;
    if (supervisor->current.exists && watched[WATCH_UP].fd == supervisor->current.output && watched[WATCH_UP].revents != 0) {
        ssize_t length = relay_read(&supervisor->up, supervisor->current.output);
        bool has_ended = length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR);
        step = has_ended ? reason_fail("its inner sandbox ended without EXIT") : forward_up(supervisor);
    }
    bool is_read = relay_write(&supervisor->up, 1);
    // Now that there may be room for its HELLO: when all is written, no event tells of that.
    if (is_read && supervisor->phase == PHASE_BETWEEN && forward_join(supervisor)) {
        is_read = relay_write(&supervisor->up, 1);
    }
    if (!is_read || watched[WATCH_OUTPUT].revents & POLLERR) {
        return reason_fail("nobody reads its output");
    }
    return step;
}

static void pass_errors(struct supervisor *supervisor, const struct pollfd *watched) {
    if (watched[WATCH_ERRORS].revents != 0 && supervisor->current.exists && supervisor->current.errors == watched[WATCH_ERRORS].fd) {
        inner_pass_errors(&supervisor->current);
    }
    if (watched[WATCH_NEXT_ERRORS].revents != 0 && supervisor->next.exists && supervisor->next.errors == watched[WATCH_NEXT_ERRORS].fd) {
        inner_pass_errors(&supervisor->next);
    }
}

static enum step serve_once(struct supervisor *supervisor, int wait) {
    struct pollfd watched[WATCHED];
    watch(supervisor, watched);
    if (poll(watched, WATCHED, wait) < 0 && errno != EINTR) {
        return reason_fail("cannot poll");
    }
    pass_errors(supervisor, watched);
    enum step step = watched[WATCH_SIGNALS].revents != 0 ? handle_signals(supervisor) : STEP_GO_ON;
    if (step == STEP_GO_ON && supervisor_now() >= leave_at(supervisor)) {
        step = STEP_END;
    }
    if (step == STEP_GO_ON) {
        step = look_after_next(supervisor, watched[WATCH_NEXT].revents != 0);
    }
    if (step == STEP_GO_ON) {
        step = move_down(supervisor, watched);
    }
    if (step == STEP_GO_ON) {
        step = move_up(supervisor, watched);
    }
    if (step == STEP_GO_ON && supervisor->phase == PHASE_LEAVING) {
        bool is_late = supervisor_now() >= supervisor->leaving_at + FAREWELL_MICROS;
        return is_late ? STEP_END : relay_is_written(&supervisor->up) ? supervisor->ending : STEP_GO_ON;
    }
    return step;
}

// Whatever ends the supervisor, a frame that was passed is written before, for it may be EXIT. False: nothing is left to write, or it is
// the end of that.
static bool leave(struct supervisor *supervisor, enum step ending) {
    if (supervisor->phase == PHASE_LEAVING || relay_is_written(&supervisor->up)) {
        return false;
    }
    inner_kill(&supervisor->current);
    inner_kill(&supervisor->next);
    children_reap(supervisor);
    relay_cut(&supervisor->up);
    relay_pass_all(&supervisor->down); // a full buffer would look like the end of the input
    relay_forget(&supervisor->down);
    supervisor->phase = PHASE_LEAVING;
    supervisor->leaving_at = supervisor_now();
    supervisor->ending = ending;
    return true;
}

int supervisor_serve(struct supervisor *supervisor) {
    const int flags[] = {fcntl(0, F_GETFL), fcntl(1, F_GETFL)};
    fcntl(0, F_SETFL, flags[0] | O_NONBLOCK);
    fcntl(1, F_SETFL, flags[1] | O_NONBLOCK);
    enum step step = STEP_GO_ON;
    enum phase before = supervisor->phase;
    for (int wait = 0; step == STEP_GO_ON; before = supervisor->phase) {
        step = serve_once(supervisor, wait);
        if (step != STEP_GO_ON && leave(supervisor, step)) {
            step = STEP_GO_ON;
        }
        // In another phase something can go on that has waited, and no event tells of that.
        wait = supervisor->phase == before ? wait_millis(supervisor) : 0;
    }
    inner_kill(&supervisor->current);
    inner_kill(&supervisor->next);
    processes_kill_descendants();
    // The open files may be shared with others: a developer's terminal would stay non-blocking.
    fcntl(1, F_SETFL, flags[1]);
    fcntl(0, F_SETFL, flags[0]);
    return step == STEP_END && supervisor->ending != STEP_FAIL && !supervisor->ignores_input ? 0 : 1;
}
