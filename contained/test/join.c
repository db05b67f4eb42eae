// The stream is joined to the next inner sandbox when all processes of the one before have ended, and not sooner; and as soon as there
// is room for its HELLO.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/supervisor.h"

enum { PIPE_BYTES = 1 << 20, PATIENCE_SECONDS = 30 };

static struct supervisor supervisor;
static uint8_t up_bytes[RELAY_BYTES];
static uint8_t down_bytes[RELAY_BYTES];

static void require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "not so: %s\n", what);
        exit(1);
    }
}

static void wait_for_byte(int from) {
    char byte;
    require(read(from, &byte, 1) == 1, "a byte comes");
}

static void make_pipe(int ends[2]) {
    require(pipe(ends) == 0, "there is a pipe");
}

static pid_t start_sandbox(void) {
    int ready[2];
    make_pipe(ready);
    pid_t child = fork();
    require(child >= 0, "there is a process");
    if (child == 0) {
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); // refused where everybody may
        (void) !write(ready[1], "", 1);
        for (;;) {
            pause();
        }
    }
    wait_for_byte(ready[0]);
    return child;
}

// A process that is traced is not over for its parent, however dead, before its tracer lets go: when the returned descriptor is closed.
static int hold(pid_t process) {
    int held[2];
    int release[2];
    make_pipe(held);
    make_pipe(release);
    pid_t middle = fork();
    require(middle >= 0, "there is a process");
    if (middle == 0) {
        // Of the middle one's child, which is nobody's, the supervisor takes no notice.
        pid_t tracer = fork();
        if (tracer == 0) {
            close(release[1]);
            if (ptrace(PTRACE_SEIZE, process, 0, 0) == 0) {
                char byte;
                (void) !write(held[1], "", 1);
                (void) !read(release[0], &byte, 1);
            }
        }
        _exit(0);
    }
    close(held[1]);
    close(release[0]);
    require(waitpid(middle, NULL, 0) == middle, "the middle one ends");
    wait_for_byte(held[0]);
    return release[1];
}

// A run goes on in `current`; `next` has greeted.
static void set_up(pid_t runsc) {
    static const uint8_t greeting[] = {FRAME_HELLO, 0, 0, 0, 4, 0, PROTOCOL_VERSION, 0, 0};
    supervisor.phase = PHASE_RUNNING;
    supervisor.current = (struct inner) {.exists = true, .is_ready = true, .runsc = runsc, .input = -1, .output = -1, .errors = -1};
    supervisor.next = (struct inner) {.exists = true, .is_ready = true, .input = -1, .output = -1, .errors = -1, .hello_bytes = 4};
    memcpy(supervisor.next.greeting, greeting, sizeof greeting);
    supervisor.up = (struct relay) {.first_type = FRAME_HELLO, .last_type = FRAME_LAST_UP, .bytes = up_bytes};
    supervisor.down = (struct relay) {.first_type = FRAME_START, .last_type = FRAME_LAST_DOWN, .bytes = down_bytes};
}

static void receive_exit(void) {
    frame_header(up_bytes, FRAME_EXIT, 0);
    supervisor.up.end = FRAME_HEADER;
    require(forward_up(&supervisor) == STEP_GO_ON && supervisor.phase == PHASE_BETWEEN, "EXIT ends the run");
}

static void await_child(sigset_t *child) {
    require(sigwaitinfo(child, NULL) == SIGCHLD, "the end of a child is told");
}

static void joins_when_all_processes_have_ended(void) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    pid_t runsc = start_sandbox();
    int held = hold(runsc);
    set_up(runsc);
    while (sigtimedwait(&child, NULL, &(struct timespec) {0}) == SIGCHLD) {
    }
    receive_exit();
    require(supervisor.has_remains, "what was killed has not ended");
    require(!forward_join(&supervisor) && supervisor.phase == PHASE_BETWEEN, "the stream is not joined yet");
    close(held);
    await_child(&child);
    children_reap(&supervisor);
    require(!supervisor.has_remains, "what was killed has ended");
    require(forward_join(&supervisor) && supervisor.phase == PHASE_GREETED, "the stream is joined");
}

static void read_all(int from, size_t count) {
    static uint8_t bytes[PIPE_BYTES];
    for (size_t done = 0; done < count;) {
        ssize_t length = read(from, bytes, count - done);
        require(length > 0, "what was put there comes");
        done += (size_t) length;
    }
}

// A runner has let the pipe to it and the buffer before it get full, and then reads the pipe empty at once, which takes the whole buffer.
static void joins_when_there_is_room(void) {
    static const uint8_t full[PIPE_BYTES];
    int in[2];
    int out[2];
    make_pipe(in);
    make_pipe(out);
    require(fcntl(out[1], F_SETPIPE_SZ, PIPE_BYTES) == PIPE_BYTES, "the pipe takes more than the buffer");
    require(write(out[1], full, sizeof full) == sizeof full, "the pipe is full");
    set_up(0);
    supervisor.current.exists = false;
    supervisor.phase = PHASE_BETWEEN;
    supervisor.signals = -1;
    supervisor.up.passed = supervisor.up.end = RELAY_BYTES;
    require(!forward_join(&supervisor), "there is no room for a HELLO");
    pid_t child = fork();
    require(child >= 0, "there is a process");
    if (child == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        _exit(supervisor_serve(&supervisor));
    }
    close(in[0]);
    close(out[1]);
    read_all(out[0], PIPE_BYTES);
    read_all(out[0], RELAY_BYTES);
    uint8_t type;
    require(read(out[0], &type, 1) == 1 && type == FRAME_HELLO, "the stream is joined");
    close(in[1]);
    int status;
    require(waitpid(child, &status, 0) == child && status == 0, "the end of its input ends the supervisor");
}

int main(void) {
    alarm(PATIENCE_SECONDS);
    joins_when_all_processes_have_ended();
    joins_when_there_is_room();
    return 0;
}
