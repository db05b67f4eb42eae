// Process 1 of the program's pid namespace: makes the program's environment, reaps, and reports to contained how the program ended.
#ifndef SANDPOOL_INIT_H
#define SANDPOOL_INIT_H

#include "child_env.h"

_Noreturn void init_run(struct child_env *env, pid_t contained);

#endif
