// The facts of HELLO, each looked at from where the program stands.
#ifndef SANDPOOL_FACTS_H
#define SANDPOOL_FACTS_H

#include "child_env.h"

// For contained, before the program's environment is made: a token that is hidden from the program is still mounted.
bool facts_token_is_mounted(void);

bool facts_kernel_is_gvisor(void);

// For the process that becomes the program, when it has become all that it will be.
void facts_gather(const struct child_env *env, struct facts *facts);

#endif
