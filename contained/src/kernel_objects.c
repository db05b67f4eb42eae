#define _GNU_SOURCE
#include "kernel_objects.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { TEXT_BYTES = 4096 };

// A line for each, below a heading. A socket's name may have line ends in it: such a socket counts more than once, none counts less.
static long count_lines(int file) {
    char text[TEXT_BYTES];
    long lines = -1;
    off_t at = 0;
    for (ssize_t length = pread(file, text, sizeof text, at); length > 0; length = pread(file, text, sizeof text, at)) {
        for (ssize_t i = 0; i < length; i++) {
            lines += text[i] == '\n';
        }
        at += length;
    }
    return lines;
}

static long count_in_folder(const char *path) {
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return -1;
    }
    long entries = 0;
    while (readdir(folder) != NULL) {
        entries++;
    }
    closedir(folder);
    return entries;
}

struct kernel_objects kernel_objects_count(void) {
    int file = open("/proc/net/unix", O_RDONLY | O_CLOEXEC);
    struct kernel_objects objects = {
        .local_sockets = file < 0 ? -1 : count_lines(file),
        .terminals = count_in_folder("/dev/pts"),
    };
    if (file >= 0) {
        close(file);
    }
    return objects;
}

static int open_of_process(pid_t process, const char *name) {
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/net/%s", process, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

int kernel_objects_watch_sockets(pid_t process) {
    return open_of_process(process, "unix");
}

bool kernel_objects_has_sockets(int watched) {
    return count_lines(watched) != 0;
}

int kernel_objects_watch_network(pid_t process) {
    int watched = open_of_process(process, "dev");
    if (watched >= 0 && !kernel_objects_has_network(watched)) {
        close(watched);
        return -1; // it would seem to have gone before it has
    }
    return watched;
}

bool kernel_objects_has_network(int watched) {
    return count_lines(watched) != 1; // of two lines of heading
}
