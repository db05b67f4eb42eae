// The steps of a run, from START to the end of the last process.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control.h"
#include "processes.h"
#include "program.h"
#include "session.h"

#define MICROS_PER_MILLI ((uint64_t) 1000)

// Init has so long to kill, reap and tell. gVisor lets the program stop or kill it, so it is not waited for longer.
static const uint64_t init_grace = 200 * MICROS_PER_MILLI;

// Larger than any machine, small enough to be added to.
static const uint64_t largest_tmpfs = (uint64_t) 1 << 40;

static uint64_t micros(struct timeval time) {
    return (uint64_t) time.tv_sec * 1000000 + (uint64_t) time.tv_usec;
}

static void fail_internally(struct session *session, const char *what) {
    char message[EXIT_MESSAGE];
    snprintf(message, sizeof message, "%s: %s", what, strerror(errno));
    run_end(session, OUTCOME_INTERNAL_ERROR, message);
}

static bool receive_files(struct session *session) {
    struct tell tell;
    int descriptors[TELL_DESCRIPTORS] = {-1, -1};
    if (control_hear(session->world.control[0], &tell, descriptors, 0) <= 0 || tell.error != 0 ||
        descriptors[TELL_PROGRAM] < 0) {
        return false;
    }
    session_close(&session->program);
    session_close(&session->memory.folder);
    session->memory.folder = descriptors[TELL_FOLDER];
    session->program = descriptors[TELL_PROGRAM];
    session->world.tmpfs_bytes = tell.tmpfs_bytes;
    return true;
}

void run_start(struct session *session, const uint8_t *payload, size_t length) {
    session->started_at = session_now();
    session->state = STATE_UPLOADING;
    uint64_t room = session->world.tmpfs_bytes;
    if (session->world.tmpfs == TMPFS_OWN) {
        room = session->limits.program_bytes < largest_tmpfs ? session->limits.program_bytes : largest_tmpfs;
        room += WORKING_FILES_MIB * MIB;
    }
    // Nothing hostile runs yet: init's answer can be waited for, and only a limit that is not the default needs one.
    bool needs_files = room != session->world.tmpfs_bytes;
    if (control_ask(session->world.control[0], ASK_START, room) != 0 || (needs_files && !receive_files(session))) {
        fail_internally(session, "cannot make the program's memory file system");
    } else if (send(session->world.launch[0], payload, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t) length) {
        fail_internally(session, "cannot tell the program's process its limits");
    }
}

// The launcher's path as far as a message has room for it, and as text that every reader can take.
static void note_executed(struct session *session, const uint8_t *launcher, size_t length) {
    size_t size = length < 4 ? 0 : (size_t) launcher[2] << 8 | launcher[3];
    if (size == 0) {
        strcpy(session->executed, PROGRAM_PATH);
        return;
    }
    size = size < PATH_BYTES ? size : PATH_BYTES;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = launcher[4 + i];
        session->executed[i] = (char) (c < ' ' || c > '~' ? '?' : c);
    }
    session->executed[size] = 0;
}

void run_launch(struct session *session, const uint8_t *payload, size_t length) {
    note_executed(session, payload, length);
    bool has_launcher = payload[0] != 0 || payload[1] != 0; // which judges the program by itself
    bool is_whole = has_launcher || program_is_whole(session->program, session->program_bytes);
    // Closed before execve, which refuses a file that somebody could still write.
    session_close(&session->program);
    session->state = STATE_LAUNCHING;
    if (!is_whole) {
        char message[EXIT_MESSAGE];
        program_failure(PROGRAM_PATH, ENOEXEC, message, sizeof message);
        run_end(session, OUTCOME_FAILED_TO_START, message);
        return;
    }
    memory_begin(&session->memory);
    session->launched_at = session_now();
    if (send(session->world.launch[0], payload, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t) length) {
        fail_internally(session, "cannot start the program");
    }
}

static void confirm_start(struct session *session) {
    session->state = STATE_RUNNING;
    session->has_run = true;
    session->looked_at = session->launched_at;
    uint8_t *room = output_room(&session->out, FRAME_HEADER);
    if (room != NULL) { // always: the reserve is for this
        output_put(&session->out, frame_header(room, FRAME_STARTED, 0));
    }
    if (session->interrupted) {
        control_ask(session->world.control[0], ASK_INTERRUPT, 0);
    }
}

// False when there was nothing to hear, or nothing more will come.
static bool hear_launch_once(struct session *session) {
    union {
        int error;
        struct rusage before;
    } told;
    ssize_t length = recv(session->world.launch[0], &told, sizeof told, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (length == sizeof told.before) {
        session->user_before = micros(told.before.ru_utime);
        session->system_before = micros(told.before.ru_stime);
        return true;
    }
    session_close(&session->world.launch[0]);
    if (session->state == STATE_LAUNCHING && length == sizeof told.error) {
        char message[EXIT_MESSAGE];
        program_failure(session->executed, told.error, message, sizeof message);
        run_end(session, OUTCOME_FAILED_TO_START, message);
    } else if (session->state == STATE_LAUNCHING) {
        confirm_start(session); // execve closed the other end
    } else if (session->state < STATE_LAUNCHING) {
        errno = length == sizeof told.error ? told.error : ESRCH;
        fail_internally(session, "the process that was to become the program ended");
    }
    return false;
}

void run_hear_launch(struct session *session) {
    while (session->world.launch[0] >= 0 && hear_launch_once(session)) {
    }
}

static void note_end(struct session *session) {
    if (session->has_run && session->report.wall_micros == 0) {
        session->report.wall_micros = session_now() - session->launched_at;
    }
}

static uint64_t less(uint64_t value, uint64_t before) {
    return value > before ? value - before : 0;
}

static void note_usage(struct session *session, const struct tell *ended) {
    if (!session->has_run) {
        return;
    }
    session->report.user_micros = less(ended->user_micros, session->user_before);
    session->report.system_micros = less(ended->system_micros, session->system_before);
    if (session->looked_at == session->launched_at) {
        // Too short to have been looked at: what the kernel counted, file pages included.
        session->report.peak_memory_bytes = ended->memory_bytes;
    }
}

static void end_naturally(struct session *session, int status) {
    if (session->interrupted) {
        run_end(session, OUTCOME_TIMED_OUT, "");
        return;
    }
    session->natural_end = true;
    if (WIFSIGNALED(status)) {
        session->report.signal = (uint8_t) WTERMSIG(status);
        run_end(session, OUTCOME_SIGNALLED, "");
    } else {
        session->report.exit_code = (uint8_t) WEXITSTATUS(status);
        run_end(session, OUTCOME_EXITED, "");
    }
}

// Init has gone, and did not say how the program ended: gVisor lets the program SIGKILL it, which ends the program too.
static void lose_init(struct session *session) {
    note_end(session);
    if (session->state == STATE_RUNNING) {
        end_naturally(session, SIGKILL);
    } else if (session->state < STATE_ENDING) {
        errno = ECHILD;
        fail_internally(session, "the sandbox's init ended");
    }
}

// On Linux a look goes from process to process, and is no picture of one moment: of four children that end while it goes on,
// each is found sharing with fewer, and together they seem to hold twice what there is. That passes; a hog does not.
enum { LOOKS_OVER = 3 };

static uint64_t memory_limit(const struct session *session) {
    return session->limits.memory_bytes == 0 ? UINT64_MAX : session->limits.memory_bytes;
}

static void note_memory(struct session *session, uint64_t used) {
    if (used > session->report.peak_memory_bytes) {
        session->report.peak_memory_bytes = used;
    }
    if (used > memory_limit(session)) {
        run_end(session, OUTCOME_OUT_OF_MEMORY, "");
    }
}

void run_hear_init(struct session *session) {
    struct tell tell;
    int descriptors[TELL_DESCRIPTORS];
    ssize_t length = control_hear(session->world.control[0], &tell, descriptors, MSG_DONTWAIT);
    if (length < 0 && errno == EAGAIN) {
        return;
    }
    if (session->state == STATE_LAUNCHING) {
        run_hear_launch(session); // it happened before, and must be told before
    }
    if (length > 0 && tell.what == TELL_ENDED) {
        session->has_ended = true;
        note_end(session);
        note_usage(session, &tell);
        if (session->state == STATE_RUNNING) {
            end_naturally(session, tell.status);
        }
    } else if (length > 0 && tell.what == TELL_MEMORY) {
        session->is_looking = false;
        session->looks_over = tell.memory_bytes > memory_limit(session) ? session->looks_over + 1 : 0;
        if (session->state == STATE_RUNNING && (session->looks_over == 0 || session->looks_over >= LOOKS_OVER)) {
            note_memory(session, tell.memory_bytes);
        }
    } else if (length <= 0) {
        session_close(&session->world.control[0]);
        lose_init(session);
    }
}

void run_reap(struct session *session) {
    int status;
    if (session->init == 0 || waitpid(session->init, &status, WNOHANG | WUNTRACED) != session->init) {
        return;
    }
    if (WIFSTOPPED(status)) {
        kill(session->init, SIGCONT); // gVisor lets the program stop its process 1
        return;
    }
    session->init = 0;
    if (!(session->world.namespaces & CLONE_NEWPID)) {
        processes_kill_descendants();
    }
}

void run_kill_all(struct session *session) {
    if (session->init > 0) {
        kill(session->init, SIGKILL);
        // Returns when the whole namespace is gone.
        while (waitpid(session->init, NULL, 0) < 0 && errno == EINTR) {
        }
        session->init = 0;
    }
    if (!(session->world.namespaces & CLONE_NEWPID)) {
        processes_kill_descendants();
    }
}

void run_end(struct session *session, enum outcome outcome, const char *message) {
    if (session->state >= STATE_ENDING) {
        return;
    }
    session->state = STATE_ENDING;
    session->ending_since = session_now();
    session->report.outcome = outcome;
    snprintf(session->report.message, sizeof session->report.message, "%s", message);
    session->standard_input_size = 0;
    session->standard_input_taken = 0;
    session_close(&session->world.standard_input[0]);
    session_close(&session->program);
    if (session->world.control[0] >= 0) {
        control_ask(session->world.control[0], ASK_KILL, 0); // if it fails, init is gone or will be
    }
}

bool run_is_settled(const struct session *session) {
    // How it ended is known for certain when init has told, or is gone. Processes that hold no output are not waited for:
    // they end with init, and contained outlives that.
    bool is_known = session->has_ended || session->init == 0;
    return session->state == STATE_ENDING && is_known && session->output[0].pipe < 0 && session->output[1].pipe < 0;
}

static void look_at_memory(struct session *session, uint64_t now) {
    session->looked_at = now;
    if (session->memory.is_gvisor) {
        note_memory(session, memory_of_sandbox(&session->memory));
    } else if (!session->is_looking) {
        session->is_looking = control_ask(session->world.control[0], ASK_MEMORY, memory_limit(session)) == 0;
    }
}

void run_tick(struct session *session, uint64_t now) {
    if (session->state == STATE_ENDING && session->init > 0 && now >= session->ending_since + init_grace) {
        kill(session->init, SIGKILL);
    }
    if (session->state == STATE_WARM || session->state >= STATE_ENDING) {
        return;
    }
    if (now >= session->started_at + session->limits.kill_after_millis * MICROS_PER_MILLI) {
        run_end(session, OUTCOME_TIMED_OUT, "");
        return;
    }
    if (!session->interrupted && now >= session->started_at + session->limits.interrupt_after_millis * MICROS_PER_MILLI) {
        session->interrupted = true;
        if (session->state == STATE_RUNNING) {
            control_ask(session->world.control[0], ASK_INTERRUPT, 0);
        }
    }
    if (session->state == STATE_RUNNING && now >= session->looked_at + MEMORY_INTERVAL) {
        look_at_memory(session, now);
    }
}
