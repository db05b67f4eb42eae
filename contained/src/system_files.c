#define _GNU_SOURCE
#include "system_files.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child_env.h"

#define MEMINFO "/proc/meminfo"

// Null: what the file itself says, until START brings a limit. The pod's resolv.conf names its namespace, and a server out of reach.
static const struct {
    const char *path;
    const char *text;
} files[] = {
    {"/etc/hosts", "127.0.0.1\tlocalhost " HOST_NAME "\n::1\tlocalhost\n"},
    {"/etc/hostname", HOST_NAME "\n"},
    {"/etc/resolv.conf", ""},
    {MEMINFO, NULL},
    {"/sys/fs/cgroup/memory/memory.limit_in_bytes", NULL},
    {"/sys/fs/cgroup/memory.max", NULL},
};

enum { FILES = sizeof files / sizeof *files, TEXT_BYTES = 4096 };

static bool write_text(int file, const char *text, size_t length) {
    return write(file, text, length) == (ssize_t) length;
}

static bool copy(const char *path, int target) {
    char text[TEXT_BYTES];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text);
    if (file >= 0) {
        close(file);
    }
    return length >= 0 && write_text(target, text, (size_t) length);
}

// In place of the file at `path`; where that is refused, it says what it said.
static void replace(const char *path, const char *text, const char *by) {
    int file = open(by, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) {
        return;
    }
    bool is_written = text == NULL ? copy(path, file) : write_text(file, text, strlen(text));
    close(file);
    if (is_written) {
        (void) !mount(by, path, NULL, MS_BIND, NULL);
    }
}

void system_files_prepare(const char *folder) {
    for (size_t i = 0; i < FILES; i++) {
        struct stat status;
        if (stat(files[i].path, &status) == 0 && S_ISREG(status.st_mode)) {
            char by[64];
            snprintf(by, sizeof by, "%s/%zu", folder, i);
            replace(files[i].path, files[i].text, by);
        }
    }
}

// In gVisor's words. It does not change while a program runs: what is free in the sandbox is not what is free to the program.
static int meminfo(char *text, size_t size, uint64_t limit) {
    static const char *const zero[] = {"Buffers:",  "Cached:",       "SwapCached:",     "Active:",       "Inactive:",       "Active(anon):",
                                       "Inactive(anon):", "Active(file):", "Inactive(file):", "Unevictable:",  "Mlocked:",        "SwapTotal:",
                                       "SwapFree:", "Dirty:",        "Writeback:",      "AnonPages:",    "Mapped:",         "Shmem:"};
    static const char *const all[] = {"MemTotal:", "MemFree:", "MemAvailable:"};
    size_t used = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        used += (size_t) snprintf(text + used, size - used, "%-15s %8" PRIu64 " kB\n", all[i], limit / 1024);
    }
    for (size_t i = 0; i < sizeof zero / sizeof *zero; i++) {
        used += (size_t) snprintf(text + used, size - used, "%-15s %8d kB\n", zero[i], 0);
    }
    return (int) used;
}

void system_files_set_memory(uint64_t limit) {
    for (size_t i = 0; i < FILES && limit > 0; i++) {
        // Refused for what is not ours.
        int file = files[i].text != NULL ? -1 : open(files[i].path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        if (file < 0) {
            continue;
        }
        char text[TEXT_BYTES];
        bool is_meminfo = strcmp(files[i].path, MEMINFO) == 0;
        int length = is_meminfo ? meminfo(text, sizeof text, limit) : snprintf(text, sizeof text, "%" PRIu64 "\n", limit);
        (void) !write_text(file, text, (size_t) length);
        close(file);
    }
}
