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
    // Each round kills all that was there when it began. A fork bomb's children are fewer in each, since a killed
    // process forks no more; the bound is for a process that the kernel does not let go.
    KILL_ROUNDS = 500,
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

static pid_t parent_of(int proc, pid_t process) {
    char text[512];
    if (processes_read(proc, process, "stat", text, sizeof text) <= 0) {
        return 0;
    }
    // "PID (NAME) S PARENT": the name is the program's to choose, parentheses and all.
    const char *name_end = strrchr(text, ')');
    return name_end == NULL || strlen(name_end) < 5 ? 0 : (pid_t) strtol(name_end + 4, NULL, 10);
}

bool processes_descends(int proc, pid_t process, pid_t ancestor) {
    for (int depth = 0; depth < DEEPEST && process > 1; depth++) {
        process = parent_of(proc, process);
        if (process == ancestor) {
            return true;
        }
    }
    return false;
}

static void kill_descendant(int proc, pid_t process, void *context) {
    if (processes_descends(proc, process, *(pid_t *) context)) {
        kill(process, SIGKILL);
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
