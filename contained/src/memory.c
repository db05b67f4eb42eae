#define _GNU_SOURCE
#include "memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "facts.h"
#include "processes.h"

enum { KIB = 1024 };

void memory_watch(struct memory *memory, const struct tell *ready, const int *descriptors, pid_t init) {
    memory->is_gvisor = facts_kernel_is_gvisor();
    memory->tmpfs_is_own = ready->tmpfs == TMPFS_OWN;
    memory->proc_is_own = ready->proc_is_own;
    memory->proc = descriptors[TELL_PROC];
    memory->folder = descriptors[TELL_FOLDER];
    memory->init = ready->proc_is_own ? 1 : init;
    memory->meminfo = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
    memory->before = 0;
}

// The number after `key` in a text of "Key:  123 kB" lines, in bytes.
static uint64_t field(const char *text, const char *key) {
    const char *found = strstr(text, key);
    return found == NULL ? 0 : strtoull(found + strlen(key), NULL, 10) * KIB;
}

// gVisor's own /proc/meminfo is about this sandbox alone, and its AnonPages are all memory that it has handed out: private,
// shared, memfd, and memory file systems. A process's RSS says less there (pages of its file count, a memfd's do not).
static uint64_t used_in_gvisor(const struct memory *memory) {
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

struct sum {
    const struct memory *memory;
    bool is_exact;
    dev_t files; // the memory file system's
    uint64_t bytes;
};

// Whether a mapping is of a file in our memory file system, from its first line in smaps:
// "start-end flags offset major:minor inode path".
static bool is_of_files(const char *line, dev_t files) {
    unsigned major_number;
    unsigned minor_number;
    return sscanf(line, "%*s %*s %*s %x:%x", &major_number, &minor_number) == 2 &&
           makedev(major_number, minor_number) == files;
}

// To Linux a program's own file, mapped from a memory file system, is shared memory like any other: this finds its share.
static uint64_t mapped_files(FILE *lines, dev_t files) {
    char line[4608]; // a path and what stands before it
    uint64_t mapped = 0;
    uint64_t pages = 0;
    bool counts = false;
    while (fgets(line, sizeof line, lines) != NULL) {
        if (strchr("0123456789abcdef", line[0]) != NULL) {
            counts = is_of_files(line, files);
        } else if (counts && strncmp(line, "Pss:", 4) == 0) {
            pages = field(line, "Pss:");
        } else if (counts && strncmp(line, "Anonymous:", 10) == 0) {
            uint64_t written = field(line, "Anonymous:"); // copied on write: the program's own memory
            mapped += pages > written ? pages - written : 0;
        }
    }
    return mapped;
}

// Each page divided by how many share it, so that a fork does not double what its parent had.
static bool exact_use(int proc, pid_t process, dev_t files, uint64_t *bytes) {
    char text[2048];
    char path[32];
    snprintf(path, sizeof path, "%d/smaps", process);
    int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
    FILE *lines = file < 0 ? NULL : fdopen(file, "r");
    if (lines == NULL) {
        return false;
    }
    uint64_t mapped = mapped_files(lines, files);
    fclose(lines);
    if (processes_read(proc, process, "smaps_rollup", text, sizeof text) <= 0) {
        return false;
    }
    uint64_t shared = field(text, "Pss_Shmem:");
    *bytes = field(text, "Pss_Anon:") + (shared > mapped ? shared - mapped : 0);
    return true;
}

static void add_process(int proc, pid_t process, void *context) {
    struct sum *sum = context;
    const struct memory *memory = sum->memory;
    if (process == memory->init || (!memory->proc_is_own && !processes_descends(proc, process, memory->init))) {
        return;
    }
    uint64_t exact;
    char text[4096];
    if (sum->is_exact && exact_use(proc, process, sum->files, &exact)) {
        sum->bytes += exact;
    } else if (processes_read(proc, process, "status", text, sizeof text) > 0) {
        sum->bytes += field(text, "RssAnon:") + field(text, "RssShmem:");
    }
}

static uint64_t used_in_linux(const struct memory *memory, uint64_t limit) {
    struct sum sum = {.memory = memory};
    struct stat folder;
    processes_each(memory->proc, add_process, &sum);
    // Mappings are walked only where it matters: it costs the program time.
    if (sum.bytes > limit && fstat(memory->folder, &folder) == 0) {
        sum = (struct sum) {.memory = memory, .is_exact = true, .files = folder.st_dev};
        processes_each(memory->proc, add_process, &sum);
    }
    return sum.bytes;
}

uint64_t memory_used(const struct memory *memory, uint64_t limit) {
    return memory->is_gvisor && memory->meminfo >= 0 ? used_in_gvisor(memory) : used_in_linux(memory, limit);
}

void memory_begin(struct memory *memory) {
    memory->before = 0;
    if (memory->is_gvisor) {
        memory->before = used_in_gvisor(memory);
    }
}
