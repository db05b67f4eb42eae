// How much CPU time the program and all its descendants have used, warm-up included, in steps of 10 ms for each process.
//
// Two sums, neither of which counts anything twice, and both of which miss something: so the larger one holds.
// By inheritance: what lives, with what each has waited for, and what init has reaped. Of a process whose parent ignores SIGCHLD
// no kernel keeps the time when it ends.
// By looks: what each process used by itself when it was last seen, also of those that are gone. What lives from one look to the
// next is not seen.
//
// As with memory, gVisor's /proc shows contained this sandbox alone, so contained looks by itself, and no program can stop it.
// On Linux init looks, in the /proc of its namespace.
#ifndef SANDPOOL_CPU_H
#define SANDPOOL_CPU_H

#include "child_env.h"

enum { CPU_PROCESSES = 1024 };

// What is remembered from one look to the next.
struct cpu_seen {
    uint64_t gone_ticks; // of processes that are no more
    unsigned look;
    size_t count;
    struct {
        pid_t process;
        unsigned look; // the last that saw it
        uint64_t since; // when it began: a number may be given again
        uint64_t ticks;
    } process[CPU_PROCESSES];
};

// What was seen so far is of another run.
void cpu_forget(struct cpu_seen *seen);

// gVisor, by contained.
struct cpu_used cpu_of_sandbox(struct cpu_seen *seen, pid_t init);

// Linux, by init.
struct cpu_used cpu_of_processes(struct cpu_seen *seen, const struct child_env *env);

#endif
