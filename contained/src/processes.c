#define _GNU_SOURCE
#include "processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    DEEPEST = 128,
    KILL_ROUNDS = 500, // for a process that the kernel does not let go
};

void processes_each(int proc, void (*visit)(int proc, pid_t process, void *context), void *context) {
    int folder = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    if (entries == NULL) {
        if (folder >= 0) {
            close(folder);
        }
        return;
    }
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        pid_t process = (pid_t) strtol(entry->d_name, NULL, 10);
        if (process > 0) {
            visit(proc, process, context);
        }
    }
    closedir(entries);
}

ssize_t processes_read(int proc, pid_t process, const char *name, char *text, size_t size) {
    char path[48];
    snprintf(path, sizeof path, "%d/%s", process, name);
    int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return -1;
    }
    ssize_t length = read(file, text, size - 1);
    close(file);
    if (length >= 0) {
        text[length] = 0;
    }
    return length;
}

pid_t processes_own_number(int proc) {
    char number[16] = "";
    return readlinkat(proc, "self", number, sizeof number - 1) > 0 ? (pid_t) strtol(number, NULL, 10) : getpid();
}

struct kin {
    pid_t parent;
    pid_t group;
};

static struct kin kin_of(int proc, pid_t process) {
    struct kin kin = {0, 0};
    char text[512];
    if (processes_read(proc, process, "stat", text, sizeof text) > 0) {
        // "PID (NAME) S PARENT GROUP": the name is the program's to choose, parentheses and all.
        const char *name_end = strrchr(text, ')');
        if (name_end != NULL && sscanf(name_end, ") %*c %d %d", &kin.parent, &kin.group) != 2) {
            kin.parent = 0;
        }
    }
    return kin;
}

pid_t processes_parent(int proc, pid_t process) {
    return kin_of(proc, process).parent;
}

bool processes_descends(int proc, pid_t process, pid_t ancestor) {
    for (int depth = 0; depth < DEEPEST && process > 1; depth++) {
        process = kin_of(proc, process).parent;
        if (process == ancestor) {
            return true;
        }
    }
    return false;
}

static void kill_descendant(int proc, pid_t process, void *context) {
    if (processes_descends(proc, process, *(pid_t *) context)) {
        // The whole group at once: one by one, a fork bomb's children are made faster than they are found.
        pid_t group = kin_of(proc, process).group;
        kill(group > 1 && group != getpgrp() ? -group : process, SIGKILL);
    }
}

void processes_kill_descendants(void) {
    pid_t self = getpid();
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int round = 0; proc >= 0 && round < KILL_ROUNDS; round++) {
        processes_each(proc, kill_descendant, &self);
        pid_t reaped;
        do {
            reaped = waitpid(-1, NULL, WNOHANG);
        } while (reaped > 0);
        if (reaped < 0 && errno == ECHILD) {
            break;
        }
        nanosleep(&(struct timespec) {.tv_nsec = 1000000}, NULL);
    }
    if (proc >= 0) {
        close(proc);
    }
}
