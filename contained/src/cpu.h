// How much CPU time the program and all its descendants have used, warm-up included: what /proc says of those that live, with
// what they waited for, and of those that init has reaped. In steps of 10 ms.
//
// As with memory, gVisor's /proc shows contained this sandbox alone, so contained looks by itself, and no program can stop it.
// On Linux init looks, in the /proc of its namespace.
#ifndef SANDPOOL_CPU_H
#define SANDPOOL_CPU_H

#include "world.h"

// gVisor, by contained. Microseconds.
uint64_t cpu_of_sandbox(pid_t init);

// Linux, by init.
uint64_t cpu_of_processes(const struct world *world);

#endif
