// The first steps of a run, from START to execve.
#define _GNU_SOURCE
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "clock.h"
#include "control.h"
#include "ending.h"
#include "fd.h"
#include "program.h"

// Larger than any machine, small enough to be added to.
static const uint64_t largest_tmpfs = (uint64_t) 1 << 40;

static uint64_t micros(struct timeval time) {
    return (uint64_t) time.tv_sec * 1000000 + (uint64_t) time.tv_usec;
}

static bool receive_files(struct session *session) {
    struct reply reply;
    int descriptors[REPLY_DESCRIPTORS] = {-1, -1};
    if (control_receive(session->run.env.control[0], &reply, descriptors, 0) <= 0 || reply.error != 0 ||
        descriptors[REPLY_PROGRAM] < 0) {
        return false;
    }
    session->run.memory.folder = descriptors[REPLY_FOLDER];
    session->run.program = descriptors[REPLY_PROGRAM];
    session->run.env.tmpfs_bytes = reply.tmpfs_bytes;
    return true;
}

void run_start(struct session *session, const uint8_t *payload, size_t length) {
    session->run.started_at = clock_now();
    session->run.state = STATE_UPLOADING;
    uint64_t room = session->run.env.tmpfs_bytes;
    if (session->run.env.tmpfs == TMPFS_OWN) {
        room = session->run.limits.program_bytes < largest_tmpfs ? session->run.limits.program_bytes : largest_tmpfs;
        room += WORKING_FILES_MIB * MIB;
        session->tmpfs_wanted = room;
    }
    // Nothing hostile runs yet: init's answer can be waited for, and only a limit that is not the default needs one.
    bool needs_files = room != session->run.env.tmpfs_bytes;
    if (needs_files) {
        fd_close(&session->run.program);
        fd_close(&session->run.memory.folder);
    }
    if (control_request(session->run.env.control[0], REQUEST_START, room) != 0 || (needs_files && !receive_files(session))) {
        ending_fail(session, "cannot make the program's memory file system");
    } else if (send(session->run.env.launch[0], payload, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t) length) {
        ending_fail(session, "cannot tell the program's process its limits");
    }
}

// The launcher's path as far as a message has room for it, and as text that every reader can take.
static void note_executed(struct session *session, const uint8_t *launcher, size_t length) {
    size_t size = length < 4 ? 0 : (size_t) launcher[2] << 8 | launcher[3];
    if (size == 0) {
        strcpy(session->run.executed, PROGRAM_PATH);
        return;
    }
    size = size < PATH_BYTES ? size : PATH_BYTES;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = launcher[4 + i];
        session->run.executed[i] = (char) (c < ' ' || c > '~' ? '?' : c);
    }
    session->run.executed[size] = 0;
}

void run_launch(struct session *session, const uint8_t *payload, size_t length) {
    note_executed(session, payload, length);
    bool has_launcher = payload[0] != 0 || payload[1] != 0; // which judges the program by itself
    bool is_whole = has_launcher || program_is_whole(session->run.program, session->run.program_bytes);
    // Closed before execve, which refuses a file that somebody could still write.
    fd_close(&session->run.program);
    fd_close(&session->run.files.open);
    session->run.state = STATE_LAUNCHING;
    if (!is_whole) {
        char message[EXIT_MESSAGE];
        program_failure(PROGRAM_PATH, ENOEXEC, message, sizeof message);
        ending_begin(session, OUTCOME_FAILED_TO_START, message);
        return;
    }
    memory_begin(&session->run.memory);
    session->run.launched_at = clock_now();
    if (send(session->run.env.launch[0], payload, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t) length) {
        ending_fail(session, "cannot start the program");
    }
}

static void confirm_start(struct session *session) {
    session->run.state = STATE_RUNNING;
    session->run.has_run = true;
    session->run.looked_at = session->run.launched_at;
    session->run.cpu.looked_at = session->run.launched_at;
    uint8_t *room = output_room(&session->out, FRAME_HEADER);
    if (room != NULL) { // always: the reserve is for this
        output_put(&session->out, frame_header(room, FRAME_STARTED, 0));
    }
    if (session->run.interrupted) {
        control_request(session->run.env.control[0], REQUEST_INTERRUPT, 0);
    }
}

// False when there was nothing to receive, or nothing more will come.
static bool receive_launch_once(struct session *session) {
    union {
        int error;
        struct rusage before;
    } received;
    ssize_t length = recv(session->run.env.launch[0], &received, sizeof received, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (length == sizeof received.before) {
        session->run.user_before = micros(received.before.ru_utime);
        session->run.system_before = micros(received.before.ru_stime);
        return true;
    }
    fd_close(&session->run.env.launch[0]);
    if (session->run.state == STATE_LAUNCHING && length == sizeof received.error) {
        char message[EXIT_MESSAGE];
        program_failure(session->run.executed, received.error, message, sizeof message);
        ending_begin(session, OUTCOME_FAILED_TO_START, message);
    } else if (session->run.state == STATE_LAUNCHING) {
        confirm_start(session); // execve closed the other end
    } else if (session->run.state < STATE_LAUNCHING) {
        errno = length == sizeof received.error ? received.error : ESRCH;
        ending_fail(session, "the process that was to become the program ended");
    }
    return false;
}

void run_receive_launch(struct session *session) {
    while (session->run.env.launch[0] >= 0 && receive_launch_once(session)) {
    }
}
