#define _GNU_SOURCE
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control.h"
#include "cpu.h"
#include "isolate.h"
#include "launch.h"
#include "memory.h"
#include "mounts.h"
#include "private_map.h"
#include "processes.h"

static void fail(const char *what) {
    dprintf(2, "contained: init: %s: %s\n", what, strerror(errno));
    _exit(1);
}

// Programs expect 127.0.0.1 to answer. A new network namespace of Linux has it switched off.
static void raise_loopback(void) {
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo"};
    if (any >= 0 && ioctl(any, SIOCGIFFLAGS, &request) == 0) {
        request.ifr_flags |= IFF_UP;
        ioctl(any, SIOCSIFFLAGS, &request);
    }
    if (any >= 0) {
        close(any);
    }
}

// With a pid namespace this is all: it ends with its process 1. Without, what is left is hunted down.
static void end_descendants(const struct child_env *env) {
    if (!(env->namespaces & CLONE_NEWPID)) {
        processes_kill_descendants();
    }
}

static void kill_program(const struct child_env *env, pid_t program) {
    if (env->namespaces & CLONE_NEWPID) {
        kill(-1, SIGKILL); // all of the namespace but this process
    } else {
        kill(-program, SIGKILL); // its group, which it leads; the others are found when it is gone
    }
}

static uint64_t micros(struct timeval time) {
    return (uint64_t) time.tv_sec * 1000000 + (uint64_t) time.tv_usec;
}

// Reaps all that can be; true when the program was among them.
static bool reap(pid_t program, struct reply *ended) {
    bool is_over = false;
    for (;;) {
        int status;
        struct rusage usage;
        pid_t reaped = wait4(-1, &status, WNOHANG, &usage);
        if (reaped <= 0) {
            return is_over;
        }
        if (reaped == program) {
            is_over = true;
            ended->type = REPLY_ENDED;
            ended->status = status;
            ended->user_micros = micros(usage.ru_utime);
            ended->system_micros = micros(usage.ru_stime);
            ended->memory_bytes = (uint64_t) usage.ru_maxrss * 1024;
        }
    }
}

// Opens the program's file, and passes it to contained, which writes it.
static void hand_over_files(struct child_env *env, enum reply_type type) {
    char path[sizeof env->program_folder + sizeof "/play"];
    snprintf(path, sizeof path, "%s/play", env->program_folder);
    int descriptors[REPLY_DESCRIPTORS] = {
        [REPLY_PROGRAM] = open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0755),
        [REPLY_FOLDER] = open(env->program_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
    };
    struct reply reply = {
        .type = type,
        .tmpfs = env->tmpfs,
        .files_are_own = env->files_are_own,
        .tmpfs_bytes = env->tmpfs_bytes,
    };
    strcpy(reply.program_folder, env->program_folder);
    bool is_open = true;
    for (int i = 0; i < REPLY_DESCRIPTORS; i++) {
        if (descriptors[i] < 0 && is_open) {
            reply.error = errno;
            is_open = false;
        }
    }
    if (control_reply(env->control[1], &reply, is_open ? descriptors : NULL) != 0) {
        fail("reply to contained");
    }
    for (int i = 0; i < REPLY_DESCRIPTORS; i++) {
        if (descriptors[i] >= 0) {
            close(descriptors[i]); // the program's above all: a writer would make execve fail
        }
    }
}

static void reply_memory(struct child_env *env, uint64_t limit) {
    struct reply reply = {.type = REPLY_MEMORY, .memory_bytes = memory_of_processes(env, limit)};
    control_reply(env->control[1], &reply, NULL); // fails when contained is gone, which look_after() sees next
}

static void reply_cpu(struct child_env *env) {
    static struct cpu_seen *seen;
    if (seen == NULL && (seen = private_map(sizeof *seen)) == NULL) {
        fail("look at the program's CPU time");
    }
    struct cpu_used used = cpu_of_processes(seen, env);
    struct reply reply = {.type = REPLY_CPU, .cpu = used};
    control_reply(env->control[1], &reply, NULL);
}

static void handle_request(struct child_env *env, const struct request *request, pid_t program) {
    switch ((enum request_type) request->type) {
    case REQUEST_START:
        if (env->tmpfs_bytes != request->number) {
            if (mounts_resize(env, request->number) != 0) {
                fail("mount a memory file system of the size asked for");
            }
            hand_over_files(env, REPLY_FILES);
        }
        if (isolate_drop_capabilities() != 0) {
            fail("drop capabilities");
        }
        break;
    case REQUEST_MEMORY:
        reply_memory(env, request->number);
        break;
    case REQUEST_CPU:
        reply_cpu(env);
        break;
    case REQUEST_SIGNAL:
        kill(-program, (int) request->number); // its group: it leads one since before execve
        break;
    case REQUEST_INTERRUPT:
        kill(program, SIGINT);
        break;
    case REQUEST_KILL:
        kill_program(env, program);
        break;
    case REQUEST_SETTLE:
        break;
    }
}

static _Noreturn void look_after(struct child_env *env, pid_t program, int signals) {
    struct pollfd watched[] = {{.fd = env->control[1], .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    for (;;) {
        if (poll(watched, 2, -1) < 0 && errno != EINTR) {
            fail("poll");
        }
        struct request request;
        if (watched[0].revents != 0) {
            if (recv(env->control[1], &request, sizeof request, 0) != sizeof request) {
                kill_program(env, program); // contained is gone
                end_descendants(env);
                _exit(0);
            }
            handle_request(env, &request, program);
        }
        struct signalfd_siginfo ignored;
        struct reply ended = {0};
        if (watched[1].revents != 0 && read(signals, &ignored, sizeof ignored) > 0 && reap(program, &ended)) {
            control_reply(env->control[1], &ended, NULL);
            end_descendants(env);
            _exit(0);
        }
    }
}

// Ready to lose contained at any moment: its end ends this process, and with it the namespace. Where there is none the
// end of the control stream does the same, if a little later.
static void tie_to(const struct child_env *env, pid_t contained) {
    if (env->namespaces & CLONE_NEWPID) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    } else {
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        if (getppid() != contained) {
            _exit(1);
        }
    }
}

_Noreturn void init_run(struct child_env *env, pid_t contained) {
    close(env->control[0]); // or contained's end, should it be killed before it is tied to it, would never be seen
    struct request settle;
    if (recv(env->control[1], &settle, sizeof settle, 0) != sizeof settle) {
        _exit(1);
    }
    if (isolate_settle_child(env) != 0) {
        fail("become the program's user");
    }
    tie_to(env, contained);
    prctl(PR_SET_DUMPABLE, 1);
    if (mounts_prepare(env) != 0) {
        fail("make the folder of --root its root");
    }
    if (env->namespaces & CLONE_NEWNET) {
        raise_loopback();
    }
    if (env->namespaces & CLONE_NEWUTS) {
        (void) !sethostname(HOST_NAME, strlen(HOST_NAME)); // else the pod's name
    }
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (isolate_keep_mounting() != 0) {
        fail("drop capabilities");
    }

    // Blocked, not handled: gVisor's process 1 has no immunity, so no signal may have an effect.
    sigset_t all;
    sigset_t child;
    sigfillset(&all);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_SETMASK, &all, NULL);
    int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    pid_t program = signals < 0 ? -1 : fork();
    if (program == 0) {
        launch_program(env);
    }
    const int keep[] = {env->control[1], signals};
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (program < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0 || isolate_close_others(keep, 2) != 0) {
        fail("start the program's process");
    }
    hand_over_files(env, REPLY_READY);
    look_after(env, program, signals);
}
