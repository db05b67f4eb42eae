// How much memory the program uses, without its file and what else lies in its memory file system.
//
// gVisor's own /proc/meminfo is about this sandbox alone, and its AnonPages are all memory that it has handed out: private,
// shared, memfd, and memory file systems. A process's RSS says less there: pages of its file count, a memfd's do not. So
// contained looks by itself, and no program can stop it. Linux's /proc/meminfo is about the machine: there init adds up the
// processes of its namespace, whose mappings only a process beside them may see.
#ifndef SANDPOOL_MEMORY_H
#define SANDPOOL_MEMORY_H

#include "child_env.h"

// gVisor, by contained.
struct memory {
    bool tmpfs_is_own;
    int meminfo;
    int folder; // in the program's memory file system
    uint64_t before;
};

void memory_watch(struct memory *memory, enum tmpfs_kind tmpfs, int folder);

// Just before the program starts: what is in use now is not its own.
void memory_begin(struct memory *memory);

uint64_t memory_of_sandbox(const struct memory *memory);

// All that gVisor has handed out, whoever uses it; UINT64_MAX when it does not say.
uint64_t memory_in_use(void);

// What gVisor itself holds, in bytes: of processes, files and pipes, also of those that are gone until it notices. 0 where it does not say.
uint64_t memory_of_kernel(void);

// Linux, by init. `limit` says how exact it has to be: beneath it the cheap upper bound is good enough.
uint64_t memory_of_processes(const struct child_env *env, uint64_t limit);

#endif
