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
#include "own.h"
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
static void end_descendants(const struct world *world) {
    if (!(world->namespaces & CLONE_NEWPID)) {
        processes_kill_descendants();
    }
}

static void kill_program(const struct world *world, pid_t program) {
    if (world->namespaces & CLONE_NEWPID) {
        kill(-1, SIGKILL); // all of the namespace but this process
    } else {
        kill(-program, SIGKILL); // its group, which it leads; the others are found when it is gone
    }
}

static uint64_t micros(struct timeval time) {
    return (uint64_t) time.tv_sec * 1000000 + (uint64_t) time.tv_usec;
}

// Reaps all that can be; true when the program was among them.
static bool reap(pid_t program, struct tell *ended) {
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
            ended->what = TELL_ENDED;
            ended->status = status;
            ended->user_micros = micros(usage.ru_utime);
            ended->system_micros = micros(usage.ru_stime);
            ended->memory_bytes = (uint64_t) usage.ru_maxrss * 1024;
        }
    }
}

// Opens the program's file, and tells contained, which writes it.
static void hand_over_files(struct world *world, enum tell_what what) {
    char path[sizeof world->program_folder + sizeof "/play"];
    snprintf(path, sizeof path, "%s/play", world->program_folder);
    int descriptors[TELL_DESCRIPTORS] = {
        [TELL_PROGRAM] = open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0755),
        [TELL_FOLDER] = open(world->program_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
    };
    struct tell tell = {
        .what = what,
        .tmpfs = world->tmpfs,
        .files_are_own = world->files_are_own,
        .tmpfs_bytes = world->tmpfs_bytes,
    };
    strcpy(tell.program_folder, world->program_folder);
    bool is_open = true;
    for (int i = 0; i < TELL_DESCRIPTORS; i++) {
        if (descriptors[i] < 0 && is_open) {
            tell.error = errno;
            is_open = false;
        }
    }
    if (control_tell(world->control[1], &tell, is_open ? descriptors : NULL) != 0) {
        fail("tell contained");
    }
    for (int i = 0; i < TELL_DESCRIPTORS; i++) {
        if (descriptors[i] >= 0) {
            close(descriptors[i]); // the program's above all: a writer would make execve fail
        }
    }
}

static void tell_memory(struct world *world, uint64_t limit) {
    struct tell tell = {.what = TELL_MEMORY, .memory_bytes = memory_of_processes(world, limit)};
    control_tell(world->control[1], &tell, NULL); // contained may be gone: the next thing that is heard
}

static void tell_cpu(struct world *world) {
    static struct cpu_seen *seen;
    if (seen == NULL && (seen = own_memory(sizeof *seen)) == NULL) {
        fail("look at the program's CPU time");
    }
    struct cpu_used used = cpu_of_processes(seen, world);
    struct tell tell = {.what = TELL_CPU, .cpu = used};
    control_tell(world->control[1], &tell, NULL);
}

static void obey(struct world *world, const struct ask *ask, pid_t program) {
    switch ((enum ask_what) ask->what) {
    case ASK_START:
        if (world->tmpfs_bytes != ask->number) {
            if (mounts_resize(world, ask->number) != 0) {
                fail("mount a memory file system of the size asked for");
            }
            hand_over_files(world, TELL_FILES);
        }
        if (isolate_drop_capabilities() != 0) {
            fail("drop capabilities");
        }
        break;
    case ASK_MEMORY:
        tell_memory(world, ask->number);
        break;
    case ASK_CPU:
        tell_cpu(world);
        break;
    case ASK_SIGNAL:
        kill(-program, (int) ask->number); // its group: it leads one since before execve
        break;
    case ASK_INTERRUPT:
        kill(program, SIGINT);
        break;
    case ASK_KILL:
        kill_program(world, program);
        break;
    case ASK_SETTLE:
        break;
    }
}

static _Noreturn void look_after(struct world *world, pid_t program, int signals) {
    struct pollfd watched[] = {{.fd = world->control[1], .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    for (;;) {
        if (poll(watched, 2, -1) < 0 && errno != EINTR) {
            fail("poll");
        }
        struct ask ask;
        if (watched[0].revents != 0) {
            if (recv(world->control[1], &ask, sizeof ask, 0) != sizeof ask) {
                kill_program(world, program); // contained is gone
                end_descendants(world);
                _exit(0);
            }
            obey(world, &ask, program);
        }
        struct signalfd_siginfo ignored;
        struct tell ended = {0};
        if (watched[1].revents != 0 && read(signals, &ignored, sizeof ignored) > 0 && reap(program, &ended)) {
            control_tell(world->control[1], &ended, NULL);
            end_descendants(world);
            _exit(0);
        }
    }
}

// Ready to lose contained at any moment: its end ends this process, and with it the namespace. Where there is none the
// end of the control stream does the same, if a little later.
static void tie_to(const struct world *world, pid_t contained) {
    if (world->namespaces & CLONE_NEWPID) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    } else {
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        if (getppid() != contained) {
            _exit(1);
        }
    }
}

_Noreturn void init_run(struct world *world, pid_t contained) {
    close(world->control[0]); // or contained's end, should it be killed before it is tied to it, would never be seen
    struct ask settle;
    if (recv(world->control[1], &settle, sizeof settle, 0) != sizeof settle) {
        _exit(1);
    }
    if (isolate_settle_child(world) != 0) {
        fail("become the program's user");
    }
    tie_to(world, contained);
    prctl(PR_SET_DUMPABLE, 1);
    if (mounts_prepare(world) != 0) {
        fail("make the folder of --root its root");
    }
    if (world->namespaces & CLONE_NEWNET) {
        raise_loopback();
    }
    if (world->namespaces & CLONE_NEWUTS) {
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
        launch_program(world);
    }
    const int keep[] = {world->control[1], signals};
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (program < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0 || isolate_close_others(keep, 2) != 0) {
        fail("start the program's process");
    }
    hand_over_files(world, TELL_READY);
    look_after(world, program, signals);
}
