// How much memory the program uses, without its file and what else lies in its memory file system.
#ifndef SANDPOOL_MEMORY_H
#define SANDPOOL_MEMORY_H

#include "world.h"

struct memory {
    bool is_gvisor;
    bool tmpfs_is_own;
    bool proc_is_own;
    int meminfo;
    int proc;   // the program's
    int folder; // in the program's memory file system
    pid_t init; // as seen from `proc`
    uint64_t before;
};

void memory_watch(struct memory *memory, const struct tell *ready, const int *descriptors, pid_t init);

// Just before the program starts: what is in use now is not its own.
void memory_begin(struct memory *memory);

// `limit`: how exact the answer has to be, since beneath it the cheap upper bound is good enough.
uint64_t memory_used(const struct memory *memory, uint64_t limit);

#endif
