#define _GNU_SOURCE
#include "memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "processes.h"

enum { KIB = 1024 };

void memory_watch(struct memory *memory, enum tmpfs_kind tmpfs, int folder) {
    memory->tmpfs_is_own = tmpfs == TMPFS_OWN;
    memory->folder = folder;
    memory->meminfo = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
    memory->before = 0;
}

// The number after `key` in a text of "Key:  123 kB" lines, in bytes.
static uint64_t field(const char *text, const char *key) {
    // At the start of a line: a process may be named like a key, and its name comes first.
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, strlen(key)) == 0) {
            return strtoull(line + strlen(key), NULL, 10) * KIB;
        }
    }
    return 0;
}

uint64_t memory_of_sandbox(const struct memory *memory) {
    char text[4096];
    ssize_t length = pread(memory->meminfo, text, sizeof text - 1, 0);
    if (length <= 0) {
        return 0;
    }
    text[length] = 0;
    uint64_t used = field(text, "AnonPages:");
    struct statfs files;
    if (memory->tmpfs_is_own && fstatfs(memory->folder, &files) == 0) {
        uint64_t in_files = (files.f_blocks - files.f_bfree) * (uint64_t) files.f_bsize;
        used = used > in_files ? used - in_files : 0;
    }
    return used > memory->before ? used - memory->before : 0;
}

// A small file of /proc; false where it is not.
static bool read_text(const char *path, char *text, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, size - 1);
    if (file >= 0) {
        close(file);
    }
    text[length > 0 ? length : 0] = 0;
    return length > 0;
}

uint64_t memory_in_use(void) {
    char text[4096];
    return read_text("/proc/meminfo", text, sizeof text) ? field(text, "AnonPages:") + field(text, "Shmem:") : UINT64_MAX;
}

uint64_t memory_of_kernel(void) {
    char text[4096];
    return read_text("/proc/sentry-meminfo", text, sizeof text) ? field(text, "HeapAlloc:") : 0;
}

void memory_begin(struct memory *memory) {
    memory->before = 0;
    memory->before = memory_of_sandbox(memory);
}

struct sum {
    const struct child_env *env;
    pid_t init;
    bool is_exact;
    dev_t shared; // the kernel's own memory file system: MAP_SHARED, memfd and System V memory
    uint64_t bytes;
};

// Whether all of a mapping is the program's memory, from its first line in smaps:
// "start-end flags offset major:minor inode path". Of other mappings, files of /tmpfs among them, only what was written is.
static bool is_memory(const char *line, dev_t shared) {
    unsigned major_number;
    unsigned minor_number;
    unsigned long inode;
    if (sscanf(line, "%*s %*s %*s %x:%x %lu", &major_number, &minor_number, &inode) != 3) {
        return true;
    }
    return inode == 0 || makedev(major_number, minor_number) == shared;
}

// Each page divided by how many share it, so that a fork does not double what its parent had. To Linux a program's own file,
// mapped from a memory file system, is shared memory like any other: only here it can be told apart. One walk, since two
// would see a program at different moments.
static bool exact_use(int proc, pid_t process, dev_t shared, uint64_t *bytes) {
    char path[32];
    snprintf(path, sizeof path, "%d/smaps", process);
    int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
    FILE *lines = file < 0 ? NULL : fdopen(file, "r");
    if (lines == NULL) {
        if (file >= 0) {
            close(file);
        }
        return false;
    }
    char line[4608]; // a path and what stands before it
    uint64_t pages = 0;
    bool counts = true;
    *bytes = 0;
    while (fgets(line, sizeof line, lines) != NULL) {
        if (strchr("0123456789abcdef", line[0]) != NULL) {
            counts = is_memory(line, shared);
        } else if (strncmp(line, "Pss:", 4) == 0) {
            pages = field(line, "Pss:");
            *bytes += counts ? pages : 0;
        } else if (!counts && strncmp(line, "Anonymous:", 10) == 0) {
            uint64_t written = field(line, "Anonymous:");
            *bytes += written < pages ? written : pages;
        }
    }
    fclose(lines);
    return true;
}

static void add_process(int proc, pid_t process, void *context) {
    struct sum *sum = context;
    if (process == sum->init || (!sum->env->proc_is_own && !processes_descends(proc, process, sum->init))) {
        return;
    }
    uint64_t exact;
    char text[4096];
    if (sum->is_exact && exact_use(proc, process, sum->shared, &exact)) {
        sum->bytes += exact;
    } else if (processes_read(proc, process, "status", text, sizeof text) > 0) {
        sum->bytes += field(text, "RssAnon:") + field(text, "RssShmem:");
    }
}

static dev_t device_of_shared_memory(void) {
    struct stat status = {0};
    int file = memfd_create("sandpool", MFD_CLOEXEC);
    if (file >= 0) {
        fstat(file, &status);
        close(file);
    }
    return status.st_dev;
}

uint64_t memory_of_processes(const struct child_env *env, uint64_t limit) {
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0) {
        return 0;
    }
    struct sum sum = {.env = env, .init = processes_own_number(proc)};
    processes_each(proc, add_process, &sum);
    // Mappings are walked only where it matters: it costs the program time.
    if (sum.bytes > limit) {
        sum.bytes = 0;
        sum.is_exact = true;
        sum.shared = device_of_shared_memory();
        processes_each(proc, add_process, &sum);
    }
    close(proc);
    return sum.bytes;
}
