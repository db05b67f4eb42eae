// The process that becomes the program. It is forked at warm-up and has done all but execve when START comes.
#ifndef SANDPOOL_LAUNCH_H
#define SANDPOOL_LAUNCH_H

#include "child_env.h"

// Never returns. Sends its facts on env->launch[1], waits there for what START says, sends its struct rusage, waits for
// what PROGRAM_END says, and becomes the program. Where it cannot go on it sends errno and ends.
_Noreturn void launch_program(struct child_env *env);

#endif
