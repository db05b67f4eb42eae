#define _GNU_SOURCE
#include "inner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../isolate.h"
#include "bundle.h"

enum {
    ERRORS_BYTES = 16384,
    ERRORS_PIECE = 4096, // POSIX: poll says whether so much can be written without waiting
    OOM_STEP = 100,      // of 1000: as if a tenth of the memory were in use on top
    MAX_OOM_SCORE = 1000,
};

static const int namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;

static void close_end(int *descriptor) {
    if (*descriptor >= 0) {
        close(*descriptor);
        *descriptor = -1;
    }
}

static _Noreturn void give_up(const char *what) {
    dprintf(2, "supervisor: cannot %s: %s\n", what, strerror(errno));
    _exit(1);
}

static int write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        return -1;
    }
    ssize_t written = write(file, text, strlen(text));
    int error = errno;
    close(file);
    errno = error;
    return written == (ssize_t) strlen(text) ? 0 : -1;
}

// Root of the new user namespace, which is nobody else outside of it.
static int map_identity(uid_t uid, gid_t gid) {
    char map[32];
    snprintf(map, sizeof map, "0 %u 1", uid);
    if (write_file("/proc/self/setgroups", "deny") != 0 || write_file("/proc/self/uid_map", map) != 0) {
        return -1;
    }
    snprintf(map, sizeof map, "0 %u 1", gid);
    return write_file("/proc/self/gid_map", map);
}

// Where memory runs out in spite of all, the kernel takes an inner sandbox and not the supervisor: if it takes single processes, which
// on cgroup v2 a kubelet has to be told (singleProcessOOMKill).
static void be_the_first_to_go(void) {
    char score[16] = "";
    int file = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (file < 0 || read(file, score, sizeof score - 1) <= 0) {
        return;
    }
    long raised = strtol(score, NULL, 10) + OOM_STEP;
    int length = snprintf(score, sizeof score, "%ld", raised < MAX_OOM_SCORE ? raised : MAX_OOM_SCORE);
    (void) !pwrite(file, score, (size_t) length, 0); // it is an order among equals where it is refused
    close(file);
}

static void reset_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    isolate_handle_signals(SIG_DFL);
}

// Who it is from whom the child comes; in a new user namespace nobody has a number.
struct origin {
    pid_t supervisor;
    uid_t uid;
    gid_t gid;
};

// The child, in its namespaces: becomes runsc.
static _Noreturn void become_runsc(const struct places *places, const int ends[3], const struct origin *origin) {
    static char *const no_environment[] = {NULL};
    for (int stream = 0; stream < 3; stream++) {
        if (dup2(ends[stream], stream) < 0) {
            give_up("set up the streams of runsc");
        }
    }
    if (isolate_close_others(NULL, 0) != 0) {
        give_up("close descriptors");
    }
    // Where the supervisor is not process 1 of a pod, its end is not that of all others by itself.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != origin->supervisor) {
        give_up("be tied to the supervisor");
    }
    // What is the supervisor's own is closed to its user, and this process has to write files of its own in /proc.
    prctl(PR_SET_DUMPABLE, 1);
    setsid();
    umask(022);
    be_the_first_to_go();
    if (map_identity(origin->uid, origin->gid) != 0) {
        give_up("map its user in a user namespace");
    }
    // State of runsc and bundle end with this mount namespace, and nobody else sees them.
    if (mount("inner", BUNDLE_FOLDER, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4m,mode=0700") != 0) {
        give_up("mount a memory file system on " BUNDLE_FOLDER);
    }
    if (bundle_write(places->root) != 0) {
        give_up("write the bundle");
    }
    reset_signals();
    execve(places->runsc, bundle_command(), no_environment);
    give_up("execute runsc");
}

// A raw clone, because fork() takes no flags and glibc's clone() wants another stack.
static pid_t fork_into_namespaces(void) {
    return (pid_t) syscall(SYS_clone, (unsigned long) namespaces | SIGCHLD, 0L, 0L, 0L, 0L);
}

struct pipes {
    int input[2];
    int output[2];
    int errors[2];
};

// errno is as before.
static void close_pipes(struct pipes *pipes) {
    int error = errno;
    for (int i = 0; i < 2; i++) {
        close_end(&pipes->input[i]);
        close_end(&pipes->output[i]);
        close_end(&pipes->errors[i]);
    }
    errno = error;
}

static int make_pipes(struct pipes *pipes) {
    *pipes = (struct pipes) {{-1, -1}, {-1, -1}, {-1, -1}};
    if (pipe2(pipes->input, O_CLOEXEC) != 0 || pipe2(pipes->output, O_CLOEXEC) != 0 || pipe2(pipes->errors, O_CLOEXEC) != 0 ||
        fcntl(pipes->input[1], F_SETFL, O_NONBLOCK) != 0 || fcntl(pipes->output[0], F_SETFL, O_NONBLOCK) != 0 ||
        fcntl(pipes->errors[0], F_SETFL, O_NONBLOCK) != 0) {
        close_pipes(pipes);
        return -1;
    }
    return 0;
}

const char *inner_start(struct inner *inner, const struct places *places, uint64_t now) {
    uint8_t ping[FRAME_HEADER];
    struct pipes pipes;
    if (make_pipes(&pipes) != 0) {
        return "make pipes";
    }
    // An empty pipe takes it at once. contained reads it as soon as it is there.
    frame_header(ping, FRAME_PING, 0);
    if (write(pipes.input[1], ping, sizeof ping) != sizeof ping) {
        close_pipes(&pipes);
        return "write to a pipe";
    }
    const struct origin origin = {getpid(), geteuid(), getegid()};
    pid_t child = fork_into_namespaces();
    if (child == 0) {
        become_runsc(places, (const int[]) {pipes.input[0], pipes.output[1], pipes.errors[1]}, &origin);
    }
    if (child < 0) {
        close_pipes(&pipes);
        return "make namespaces: the pod's seccomp profile, AppArmor or a sysctl may forbid user namespaces";
    }
    close(pipes.input[0]);
    close(pipes.output[1]);
    close(pipes.errors[1]);
    inner->exists = true;
    inner->is_ready = false;
    inner->runsc = child;
    inner->input = pipes.input[1];
    inner->output = pipes.output[0];
    inner->errors = pipes.errors[0];
    inner->started_at = now;
    inner->hello_bytes = inner->greeting_bytes = 0;
    inner->errors_left = ERRORS_BYTES;
    return NULL;
}

// HELLO, and the PONG of a PING without a byte.
static const char *look_at_greeting(struct inner *inner) {
    static const uint8_t pong[FRAME_HEADER] = {FRAME_PONG};
    const uint8_t *at = inner->greeting;
    size_t there = inner->greeting_bytes;
    if (there > 0 && at[0] != FRAME_HELLO) {
        return "does not begin with HELLO";
    }
    if (there < FRAME_HEADER) {
        return NULL;
    }
    size_t length = (size_t) at[1] << 24 | (size_t) at[2] << 16 | (size_t) at[3] << 8 | at[4];
    if (length > HELLO_BYTES - FRAME_HEADER) {
        return "has a HELLO that is too long";
    }
    size_t hello = FRAME_HEADER + length;
    if (there < hello + sizeof pong) {
        return NULL;
    }
    if (there > hello + sizeof pong || memcmp(at + hello, pong, sizeof pong) != 0) {
        return "has something else than PONG after HELLO";
    }
    if (!hello_is_right(at + FRAME_HEADER, length)) {
        return "has a HELLO that is none";
    }
    inner->hello_bytes = length;
    inner->is_ready = true;
    return NULL;
}

const char *inner_receive_greeting(struct inner *inner) {
    // A byte after the greeting fills no frame that was asked for, and is not left in the pipe for a run.
    size_t room = sizeof inner->greeting - inner->greeting_bytes;
    ssize_t length = read(inner->output, inner->greeting + inner->greeting_bytes, room);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
        return NULL;
    }
    if (length <= 0) {
        return inner->is_ready ? "ended while it was ready" : "ended before it greeted";
    }
    if (inner->is_ready) {
        return "speaks without being asked";
    }
    inner->greeting_bytes += (size_t) length;
    return look_at_greeting(inner);
}

// Never waits: a line that nobody takes is lost.
static void say(const char *text, size_t length) {
    struct pollfd standard_error = {.fd = 2, .events = POLLOUT};
    if (poll(&standard_error, 1, 0) == 1 && standard_error.revents & POLLOUT) {
        (void) !write(2, text, length);
    }
}

void inner_pass_errors(struct inner *inner) {
    char piece[ERRORS_PIECE];
    ssize_t length = read(inner->errors, piece, sizeof piece);
    if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR)) {
        close_end(&inner->errors);
        return;
    }
    size_t passed = length > 0 ? (size_t) length : 0;
    passed = passed < inner->errors_left ? passed : inner->errors_left;
    inner->errors_left -= passed;
    if (passed > 0) {
        say(piece, passed);
    }
}

void inner_kill(struct inner *inner) {
    if (!inner->exists) {
        return;
    }
    if (inner->errors >= 0) {
        inner_pass_errors(inner);
    }
    if (inner->runsc > 0) {
        kill(inner->runsc, SIGKILL);
    }
    close_end(&inner->input);
    close_end(&inner->output);
    close_end(&inner->errors);
    inner->exists = inner->is_ready = false;
}
