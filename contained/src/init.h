// Process 1 of the program's pid namespace: makes the program's world, reaps, and tells contained how the program ended.
#ifndef SANDPOOL_INIT_H
#define SANDPOOL_INIT_H

#include "world.h"

_Noreturn void init_run(struct world *world, pid_t contained);

#endif
