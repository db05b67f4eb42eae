#define _GNU_SOURCE
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "collect.h"
#include "ending.h"
#include "files.h"
#include "init_messages.h"
#include "input.h"
#include "reset.h"
#include "run.h"
#include "run_limits.h"
#include "streams.h"

enum {
    CONTROL_ROOM = 6000,
    MICROS_PER_MILLI = 1000,
    READS_IN_A_ROW = 16, // a few milliseconds: then deadlines and the program are looked after
    // For a runner whose client reads slowly. One that is gone has hung up, too.
    FAREWELL_MICROS = 10000000,
};

_Static_assert((int) MAX_HELLO_BYTES <= (int) CONTROL_ROOM, "HELLO has room");

enum watched { WATCH_INPUT, WATCH_OUTPUT, WATCH_SIGNALS, WATCH_INIT, WATCH_LAUNCH, WATCH_FEED, WATCH_STDOUT, WATCH_STDERR, WATCHED };

static void greet(struct session *session) {
    if (!session->run.greeted) {
        session->run.greeted = true;
        uint8_t *room = output_room(&session->out, CONTROL_ROOM);
        output_put(&session->out, frame_hello(room, PROTOCOL_VERSION, &session->run.facts));
    }
}

static void refuse(struct session *session, const char *error) {
    dprintf(2, "contained: protocol error: %s\n", error);
    ending_begin(session, OUTCOME_PROTOCOL_ERROR, error);
}

// Takes whole frames out of the input. False when KILL came before START.
static bool take_frames(struct session *session) {
    size_t taken = 0;
    struct frame frame;
    const char *error = NULL;
    enum parsed parsed = PARSED_MORE;
    for (;;) {
        // After EXIT what comes is for the next run, if there is one.
        session->is_stalled = output_room(&session->out, CONTROL_ROOM) == NULL || session->run.state == STATE_REPORTED;
        if (session->is_stalled) {
            break;
        }
        parsed = frame_next(session->buffers->input + taken, session->input_size - taken, &frame, &error);
        if (parsed != PARSED_FRAME) {
            break;
        }
        taken += FRAME_HEADER + frame.length;
        // After SIGTERM the kubelet waits for as long as one run may take, and that wait has begun. A START shows that the last EXIT was read.
        bool comes_too_late = frame.type == FRAME_START && session->is_leaving;
        if ((frame.type == FRAME_KILL || comes_too_late) && session->run.state == STATE_WARM) {
            return false;
        }
        if (frame.type == FRAME_PING || frame.type == FRAME_START) {
            greet(session);
        }
        error = input_handle(session, &frame);
        if (error != NULL) {
            parsed = PARSED_WRONG;
            break;
        }
    }
    if (parsed == PARSED_WRONG) {
        refuse(session, error);
        session->ignores_input = true;
        taken = session->input_size; // no frame can be found in what follows
    }
    session->input_size -= taken;
    memmove(session->buffers->input, session->buffers->input + taken, session->input_size);
    return true;
}

// False when contained has to end, at once and without EXIT.
static bool receive_input(struct session *session, int *result) {
    if (session->is_stalled) {
        return false; // it is not asked for more then, so this is a hang-up
    }
    // While a program comes in, the next portion is there as soon as the last one is written: asked for without a poll.
    for (int reads = 0; reads < READS_IN_A_ROW && !session->is_stalled; reads++) {
        ssize_t length = read(0, session->buffers->input + session->input_size, sizeof session->buffers->input - session->input_size);
        if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
            return true;
        }
        if (length <= 0) {
            if (session->input_size > 0 && !session->ignores_input) {
                dprintf(2, "contained: its input ended inside a frame\n");
                *result = 1;
            }
            return false;
        }
        session->input_size = session->ignores_input ? 0 : session->input_size + (size_t) length;
        if (!take_frames(session)) {
            return false;
        }
        if (length < FRAME_PAYLOAD / 2) {
            return true;
        }
    }
    return true;
}

static void watch(struct session *session, struct pollfd *watched, uint64_t now) {
    bool is_running = session->run.state == STATE_RUNNING || session->run.state == STATE_ENDING;
    bool is_looked_at = is_running && now >= streams_gather_until(&session->run);
    bool has_room = output_room(&session->out, FRAME_BYTES + OUTPUT_RESERVE) != NULL;
    bool can_answer = !session->is_stalled && session->run.state != STATE_REPORTED && output_room(&session->out, CONTROL_ROOM) != NULL;
    // Without an event asked for, a hang-up of either end is still told.
    watched[WATCH_INPUT] = (struct pollfd) {.fd = 0, .events = can_answer ? POLLIN : 0};
    watched[WATCH_OUTPUT] = (struct pollfd) {.fd = 1, .events = output_is_empty(&session->out) ? 0 : POLLOUT};
    watched[WATCH_SIGNALS] = (struct pollfd) {.fd = session->signals, .events = POLLIN};
    watched[WATCH_INIT] = (struct pollfd) {.fd = session->run.env.control[0], .events = POLLIN};
    watched[WATCH_LAUNCH] = (struct pollfd) {.fd = session->run.env.launch[0], .events = POLLIN};
    int feed = session->run.standard_input_size > 0 ? session->run.env.standard_input[0] : -1;
    watched[WATCH_FEED] = (struct pollfd) {.fd = feed, .events = POLLOUT};
    for (int i = 0; i < 2; i++) {
        int pipe = is_looked_at && has_room ? session->run.output[i].pipe : -1;
        watched[WATCH_STDOUT + i] = (struct pollfd) {.fd = pipe, .events = POLLIN};
    }
}

// Milliseconds until there is something to do without an event, -1: nothing.
static int wait_millis(const struct session *session, uint64_t now) {
    uint64_t next = run_limits_next(session);
    uint64_t gathers_until = streams_gather_until(&session->run);
    next = gathers_until > now && gathers_until < next ? gathers_until : next;
    if (session->is_leaving && session->run.state == STATE_WARM) {
        next = session->said_at + FAREWELL_MICROS;
    }
    if (next == UINT64_MAX) {
        return -1;
    }
    // Rounded up: a wait that ends too early would be followed by many of nothing.
    uint64_t wait = next > now ? (next - now + MICROS_PER_MILLI - 1) / MICROS_PER_MILLI : 0;
    return wait > INT32_MAX ? INT32_MAX : (int) wait;
}

// Whether something waited for room in the output, and now there is some: no event would tell of it.
static bool can_go_on(struct session *session) {
    if (session->run.state == STATE_REPORTED) {
        return false; // all that is left to do is to write
    }
    bool has_room = output_room(&session->out, CONTROL_ROOM) != NULL;
    bool has_room_for_output = output_room(&session->out, FRAME_BYTES + OUTPUT_RESERVE) != NULL;
    bool has_last_output = session->run.init == 0 && (session->run.output[0].pipe >= 0 || session->run.output[1].pipe >= 0);
    bool is_settled = ending_is_settled(session);
    bool is_done = is_settled && !collect_is_due(session);
    bool waits = session->is_stalled || session->run.standard_input_taken > 0 || is_done;
    bool has_files = is_settled && collect_has_steps(session);
    return (has_room && waits) || (has_room_for_output && (has_last_output || has_files));
}

// The number of a signal that asks contained to end, else 0.
static int read_signals(struct session *session) {
    struct signalfd_siginfo info;
    int asked = 0;
    while (read(session->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGCHLD) {
            asked = (int) info.ssi_signo;
        }
    }
    ending_reap(session);
    return asked;
}

static void handle_program_side(struct session *session, const struct pollfd *watched) {
    // poll looks at one after the other: output can be seen of a program whose start was not yet there to be seen, and
    // STARTED comes before all output.
    bool has_output = watched[WATCH_STDOUT].revents != 0 || watched[WATCH_STDOUT + 1].revents != 0;
    if (watched[WATCH_LAUNCH].revents != 0 || (has_output && session->run.state == STATE_LAUNCHING)) {
        run_receive_launch(session);
    }
    // With nobody left to write there may be nothing to wait for: then this finds the pipes empty, and closes them.
    bool has_nobody = session->run.init == 0;
    streams_drain(session, has_nobody || watched[WATCH_STDOUT].revents != 0, has_nobody || watched[WATCH_STDERR].revents != 0);
    if (watched[WATCH_INIT].revents != 0 && session->run.env.control[0] >= 0) {
        init_messages_receive(session);
    }
    if (watched[WATCH_FEED].revents != 0 || session->run.standard_input_taken > 0) {
        streams_feed(session);
    }
    run_limits_tick(session, clock_now());
}

static void report(struct session *session) {
    uint8_t *room = output_room(&session->out, CONTROL_ROOM);
    if (room == NULL) {
        return;
    }
    session->run.report.stdout_bytes = session->run.output[0].sent;
    session->run.report.stderr_bytes = session->run.output[1].sent;
    session->run.report.stdout_crc = session->run.output[0].crc;
    session->run.report.stderr_crc = session->run.output[1].crc;
    output_put(&session->out, frame_exit(room, &session->run.report));
    session->run.state = STATE_REPORTED;
}

static int exit_status(const struct session *session) {
    return session->run.report.outcome == OUTCOME_PROTOCOL_ERROR || session->run.report.outcome == OUTCOME_INTERNAL_ERROR;
}

// The runner may not have read the last EXIT yet, and connections of a container runtime that lie between are closed when contained ends,
// with the last bytes that they hold.
static bool exit_may_be_unread(const struct session *session) {
    return session->said_at > 0 && clock_now() < session->said_at + FAREWELL_MICROS;
}

// Waits for something to happen, and does what follows. False when contained has to end, with *result.
static bool serve_once(struct session *session, int *result) {
    struct pollfd watched[WATCHED];
    uint64_t now = clock_now();
    watch(session, watched, now);
    if (poll(watched, WATCHED, can_go_on(session) ? 0 : wait_millis(session, now)) < 0) {
        if (errno == EINTR) {
            return true;
        }
        dprintf(2, "contained: poll: %s\n", strerror(errno));
        *result = 1;
        return false;
    }
    int asked = watched[WATCH_SIGNALS].revents != 0 ? read_signals(session) : 0;
    // So the kubelet says that the pod is evicted. It waits for longer than a run may take.
    if (asked == SIGTERM && (session->run.state != STATE_WARM || exit_may_be_unread(session))) {
        session->is_leaving = true;
    } else if (asked != 0) {
        dprintf(2, "contained: ended by signal %d\n", asked);
        *result = 1;
        return false;
    }
    if (session->is_leaving && session->run.state == STATE_WARM && !exit_may_be_unread(session)) {
        return false;
    }
    if ((session->is_stalled && !take_frames(session)) ||
        (watched[WATCH_INPUT].revents != 0 && !receive_input(session, result))) {
        return false;
    }
    handle_program_side(session, watched);
    if (ending_is_settled(session) && collect_is_due(session)) {
        collect_go_on(session);
    }
    if (ending_is_settled(session) && !collect_is_due(session)) {
        report(session);
    }
    output_flush(&session->out);
    if (session->out.is_broken || watched[WATCH_OUTPUT].revents & POLLERR) {
        dprintf(2, "contained: nobody reads its output\n");
        *result = 1;
        return false;
    }
    return true;
}

// In the place of the HELLO that the runner waits for.
static void refuse_another(struct session *session, const char *why) {
    struct exit_report report = {.outcome = OUTCOME_INTERNAL_ERROR};
    snprintf(report.message, sizeof report.message, "%s", why);
    uint8_t *room = output_room(&session->out, CONTROL_ROOM);
    output_put(&session->out, frame_exit(room, &report));
}

// One run after the other, as long as each wants another after it and leaves nothing behind.
static int serve(struct session *session) {
    int result = 0;
    while (serve_once(session, &result)) {
        if (session->run.state != STATE_REPORTED || !output_is_empty(&session->out)) {
            continue;
        }
        session->said_at = clock_now();
        result = exit_status(session);
        bool is_asked_for_another = session->run.limits.reuse && result == 0;
        if (session->is_leaving || !reset_is_wanted(session)) {
            if (is_asked_for_another) {
                refuse_another(session, session->is_leaving ? "it was asked to end" : "it can serve one run only");
            }
            session->has_said_all = true;
            return result;
        }
        const char *why = reset(session);
        if (why != NULL) {
            refuse_another(session, why);
            session->has_said_all = true;
            return 1;
        }
        greet(session);
        output_flush(&session->out);
    }
    return result;
}

// Until the runner hangs up, who has read EXIT then. One that deletes the pod hangs up first, so SIGTERM does not end the wait.
static void await_hang_up(struct session *session) {
    uint64_t until = session->said_at + FAREWELL_MICROS;
    for (uint64_t now = clock_now(); now < until; now = clock_now()) {
        output_flush(&session->out);
        short to_write = output_is_empty(&session->out) ? 0 : POLLOUT;
        struct pollfd watched[] = {
            {.fd = 0, .events = POLLIN}, {.fd = 1, .events = to_write}, {.fd = session->signals, .events = POLLIN}};
        int ready = poll(watched, sizeof watched / sizeof *watched, (int) ((until - now) / MICROS_PER_MILLI) + 1);
        if ((ready < 0 && errno != EINTR) || session->out.is_broken || (ready > 0 && (watched[1].revents & ~POLLOUT) != 0)) {
            return;
        }
        int asked = ready > 0 && watched[2].revents != 0 ? read_signals(session) : 0;
        if (asked != 0 && asked != SIGTERM) {
            return;
        }
        if (ready > 0 && watched[0].revents != 0) {
            ssize_t length = read(0, session->buffers->input, sizeof session->buffers->input); // too late for this run
            if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR)) {
                return;
            }
        }
    }
}

int session_serve(struct session *session) {
    const int before[] = {fcntl(0, F_GETFL), fcntl(1, F_GETFL)};
    fcntl(0, F_SETFL, before[0] | O_NONBLOCK);
    fcntl(1, F_SETFL, before[1] | O_NONBLOCK);
    // Touched now, so that no run pays for the page faults.
    memset(session->buffers->input, 0, sizeof session->buffers->input);
    memset(session->buffers->output, 0, sizeof session->buffers->output);
    int result = serve(session);
    ending_kill_all(session);
    files_remove(&session->run.env);
    if (session->has_said_all) {
        await_hang_up(session);
    }
    // The open files may be shared with others: a developer's terminal would stay non-blocking.
    fcntl(1, F_SETFL, before[1]);
    fcntl(0, F_SETFL, before[0]);
    return result;
}
