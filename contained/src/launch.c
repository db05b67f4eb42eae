#define _GNU_SOURCE
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "facts.h"
#include "filter.h"
#include "isolate.h"
#include "private_map.h"
#include "system_files.h"
#include "tasks.h"

enum { LAUNCH_FAILED = 127, BUSY_ROUNDS = 200 };

// What contained sent, and what execve gets of it.
struct said {
    uint8_t start_payload[FRAME_PAYLOAD];
    struct start start;
    uint8_t launcher_payload[FRAME_PAYLOAD];
    struct launcher launcher;
    char *arguments[2 * STRINGS + 2]; // the launcher's and the program's, its path between them, null
};

// Tells contained why there will be no program.
static _Noreturn void give_up(const struct child_env *env, int error) {
    send(env->launch[1], &error, sizeof error, MSG_NOSIGNAL);
    _exit(LAUNCH_FAILED);
}

static int limit(__rlimit_resource_t resource, rlim_t max) {
    struct rlimit limit = {.rlim_cur = max, .rlim_max = max};
    if (setrlimit(resource, &limit) == 0) {
        return 0;
    }
    // A lower hard limit of the surroundings stands: it is the stricter one.
    if (errno != EPERM || getrlimit(resource, &limit) != 0) {
        return -1;
    }
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(resource, &limit);
}

static int set_limits(const struct limits *limits, int beside) {
    rlim_t tasks = (rlim_t) limits->max_processes + (rlim_t) beside;
    if (limit(RLIMIT_CORE, 0) != 0 || (beside != TASKS_UNCOUNTED && limit(RLIMIT_NPROC, tasks) != 0) ||
        limit(RLIMIT_NOFILE, limits->max_open_files) != 0) {
        return -1;
    }
    return limit(RLIMIT_FSIZE, limits->max_file_bytes);
}

// Ignored signals and a mask would outlive execve. Those that contained was started with main has reset.
static void reset_signals(void) {
    isolate_handle_signals(SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// First choice of Linux's own killer when memory is short, so that it is never contained.
static void offer_to_the_killer(void) {
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        (void) !write(file, "1000", 4);
        close(file);
    }
}

static int become_harmless(struct child_env *env) {
    if (dup2(env->standard_input[1], 0) < 0 || dup2(env->standard_output[1], 1) < 0 ||
        dup2(env->standard_error[1], 2) < 0 || isolate_close_others(&env->launch[1], 1) != 0) {
        return -1;
    }
    offer_to_the_killer();
    prctl(PR_SET_DUMPABLE, 0);
    umask(022);
    if (setsid() < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return -1;
    }
    if (isolate_drop_capabilities() != 0) {
        return -1;
    }
    return env->root_is_other ? 0 : filter_install();
}

// contained has gone, before a START or for good.
static size_t receive(const struct child_env *env, void *bytes, size_t size) {
    ssize_t length;
    do {
        length = recv(env->launch[1], bytes, size, 0);
    } while (length < 0 && errno == EINTR);
    if (length <= 0) {
        _exit(LAUNCH_FAILED);
    }
    return (size_t) length;
}

// Of this process and of those that it waited for.
static int usage_of_process(struct rusage *usage) {
    struct rusage children;
    if (getrusage(RUSAGE_SELF, usage) != 0 || getrusage(RUSAGE_CHILDREN, &children) != 0) {
        return -1;
    }
    timeradd(&usage->ru_utime, &children.ru_utime, &usage->ru_utime);
    timeradd(&usage->ru_stime, &children.ru_stime, &usage->ru_stime);
    return 0;
}

static _Noreturn void become_program(const struct child_env *env, struct said *said) {
    const struct launcher *launcher = &said->launcher;
    const struct start *start = &said->start;
    char **arguments = said->arguments;
    static char path[sizeof env->program_folder + sizeof "/play"];
    snprintf(path, sizeof path, "%s/play", env->program_folder);
    memcpy(arguments, launcher->strings, launcher->parts * sizeof *arguments);
    // Where it really lies is known only to a launcher, which has to open it.
    arguments[launcher->parts] = launcher->parts > 0 ? path : (char *) PROGRAM_PATH;
    memcpy(arguments + launcher->parts + 1, start->strings, start->arguments * sizeof *arguments);
    reset_signals();
    for (int round = 0; round < BUSY_ROUNDS; round++) {
        execve(launcher->parts > 0 ? launcher->strings[0] : path, arguments, start->strings + start->arguments);
        if (errno != ETXTBSY) {
            break;
        }
        // init has passed the file on, and is about to close it.
        nanosleep(&(struct timespec) {.tv_nsec = 1000000}, NULL);
    }
    give_up(env, errno);
}

_Noreturn void launch_program(struct child_env *env) {
    static struct facts facts;
    if (become_harmless(env) != 0) {
        give_up(env, errno);
    }
    int beside = tasks_beside();
    if (beside < 0) {
        give_up(env, errno);
    }
    facts_gather(env, &facts);
    if (send(env->launch[1], &facts, sizeof facts, MSG_NOSIGNAL) != sizeof facts) {
        _exit(LAUNCH_FAILED);
    }
    struct said *said = private_map(sizeof *said);
    if (said == NULL) {
        give_up(env, errno);
    }
    size_t length = receive(env, said->start_payload, sizeof said->start_payload);
    if (start_read(said->start_payload, length, &said->start) != NULL) {
        give_up(env, EPROTO); // contained has checked the very same bytes
    }
    system_files_set_memory(said->start.limits.memory_bytes); // before the limits, which may leave no room for it
    if (chdir(env->program_folder) != 0 || set_limits(&said->start.limits, beside) != 0) {
        give_up(env, errno);
    }
    // What the warm-up cost is not the program's.
    struct rusage before;
    if (usage_of_process(&before) != 0 ||
        send(env->launch[1], &before, sizeof before, MSG_NOSIGNAL) != sizeof before) {
        give_up(env, errno);
    }
    length = receive(env, said->launcher_payload, sizeof said->launcher_payload);
    if (launcher_read(said->launcher_payload, length, &said->launcher) != NULL) {
        give_up(env, EPROTO);
    }
    become_program(env, said);
}
