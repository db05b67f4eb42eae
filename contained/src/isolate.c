#define _GNU_SOURCE
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65532 };

static const struct {
    int flag;
    const char *name;
} namespaces[] = {
    {CLONE_NEWUSER, "user"}, {CLONE_NEWPID, "pid"}, {CLONE_NEWNET, "net"},
    {CLONE_NEWNS, "mnt"},    {CLONE_NEWIPC, "ipc"}, {CLONE_NEWUTS, "uts"},
};

enum { NAMESPACES = sizeof namespaces / sizeof *namespaces };

void isolate_names(int flags, char *names, size_t size) {
    size_t used = 0;
    names[0] = 0;
    for (int i = 0; i < NAMESPACES; i++) {
        if (flags & namespaces[i].flag) {
            used += (size_t) snprintf(names + used, size - used, "%s%s", used > 0 ? "," : "", namespaces[i].name);
        }
    }
}

void isolate_choose_identity(struct child_env *env) {
    env->was_root = geteuid() == 0;
    env->uid = env->was_root ? NOBODY : geteuid();
    env->gid = env->was_root || getegid() == 0 ? NOBODY : getegid();
}

// A raw clone, because fork() takes no flags and glibc's clone() wants another stack.
static pid_t clone_with(int flags) {
    return (pid_t) syscall(SYS_clone, (unsigned long) flags | SIGCHLD, 0L, 0L, 0L, 0L);
}

// Which namespaces are granted one by one, tried in a child that is thrown away.
static int probe_namespaces(void) {
    pid_t child = clone_with(0);
    if (child == 0) {
        int granted = 0;
        for (int i = 0; i < NAMESPACES; i++) {
            granted |= unshare(namespaces[i].flag) == 0 ? 1 << i : 0;
        }
        _exit(granted);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
        return 0;
    }
    int flags = 0;
    for (int i = 0; i < NAMESPACES; i++) {
        flags |= WEXITSTATUS(status) & 1 << i ? namespaces[i].flag : 0;
    }
    return flags;
}

pid_t isolate_fork(struct child_env *env) {
    // Without it the parent may not write the child's maps, when contained's file cannot be read by its user.
    prctl(PR_SET_DUMPABLE, 1);
    for (int i = 0; i < NAMESPACES; i++) {
        env->namespaces |= namespaces[i].flag;
    }
    pid_t child = clone_with(env->namespaces);
    if (child >= 0) {
        return child;
    }
    env->namespaces = probe_namespaces();
    child = clone_with(env->namespaces);
    if (child >= 0 || env->namespaces == 0) {
        return child;
    }
    env->namespaces = 0;
    return clone_with(0);
}

static int write_file(pid_t process, const char *name, const char *text) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", process, name);
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

// One user inside, the program's; outside it is the same one, or contained's own where no other may be given.
static int map_identity(pid_t process, const char *name, unsigned inside, unsigned outside) {
    char map[64];
    snprintf(map, sizeof map, "%u %u 1", inside, inside);
    if (write_file(process, name, map) == 0) {
        return 0;
    }
    snprintf(map, sizeof map, "%u %u 1", inside, outside);
    return write_file(process, name, map);
}

int isolate_settle_parent(const struct child_env *env, pid_t init) {
    if (env->namespaces & CLONE_NEWUSER) {
        if (!env->was_root) {
            // Linux lets an ordinary user map a group only where setgroups() is off for good.
            write_file(init, "setgroups", "deny");
        }
        if (map_identity(init, "uid_map", env->uid, geteuid()) != 0 ||
            map_identity(init, "gid_map", env->gid, getegid()) != 0) {
            return -1;
        }
    }
    if (env->was_root && (setgroups(0, NULL) != 0 || setresgid(env->gid, env->gid, env->gid) != 0 ||
                          setresuid(env->uid, env->uid, env->uid) != 0)) {
        // Root without the capability to be another: it stays, and the user namespace has it mapped to the program's user.
        return errno == EPERM && env->namespaces & CLONE_NEWUSER ? 0 : -1;
    }
    return 0;
}

static int read_capabilities(struct __user_cap_data_struct *data) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    return (int) syscall(SYS_capget, &header, data);
}

static int write_capabilities(const struct __user_cap_data_struct *data) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    return (int) syscall(SYS_capset, &header, data);
}

uint64_t isolate_capabilities(void) {
    struct __user_cap_data_struct data[2] = {0};
    if (read_capabilities(data) != 0) {
        return UINT64_MAX; // not known to be none
    }
    return (uint64_t) (data[1].effective | data[1].permitted) << 32 | data[0].effective | data[0].permitted;
}

int isolate_settle_child(const struct child_env *env) {
    prctl(PR_SET_KEEPCAPS, 1);
    if (env->was_root && setgroups(0, NULL) != 0 && errno != EPERM) {
        return -1;
    }
    if (setresgid(env->gid, env->gid, env->gid) != 0 || setresuid(env->uid, env->uid, env->uid) != 0) {
        return -1;
    }
    struct __user_cap_data_struct data[2] = {0};
    if (read_capabilities(data) != 0) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        data[i].effective = data[i].permitted;
        data[i].inheritable = 0;
    }
    return write_capabilities(data);
}

int isolate_keep_mounting(void) {
    // Each of the first three is refused where there is nothing to drop; what is left at the end is a fact for HELLO.
    for (unsigned long capability = 0; capability <= CAP_LAST_CAP; capability++) {
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_data_struct data[2] = {0};
    if (read_capabilities(data) != 0) {
        return -1;
    }
    data[0].effective &= 1u << CAP_SYS_ADMIN;
    data[0].permitted = data[0].effective;
    data[0].inheritable = 0;
    data[1] = (struct __user_cap_data_struct) {0};
    return write_capabilities(data);
}

int isolate_drop_capabilities(void) {
    const struct __user_cap_data_struct none[2] = {0};
    return write_capabilities(none);
}

static int compare_numbers(const void *left, const void *right) {
    return *(const int *) left - *(const int *) right;
}

int isolate_close_others(const int *keep, size_t count) {
    int sorted[8] = {0};
    if (count > sizeof sorted / sizeof *sorted) {
        errno = E2BIG;
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = keep[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_numbers);
    unsigned first = 3;
    for (size_t i = 0; i <= count; i++) {
        if (i < count && sorted[i] < 3) {
            continue;
        }
        unsigned last = i < count ? (unsigned) sorted[i] - 1 : ~0u;
        if (first <= last && syscall(SYS_close_range, first, last, 0) != 0) {
            return -1;
        }
        first = last + 2;
    }
    return 0;
}

void isolate_handle_signals(void (*handler)(int)) {
    static const int ignored[] = {SIGPIPE, SIGXFSZ, SIGINT};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        signal(ignored[i], handler);
    }
}
