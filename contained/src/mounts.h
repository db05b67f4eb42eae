// The program's files: a root that it cannot change, a memory file system for its own, a /proc of its own.
#ifndef SANDPOOL_MOUNTS_H
#define SANDPOOL_MOUNTS_H

#include "child_env.h"

// Everything that can be mounted before START. What is refused is left as it was; `env` says what came of it. -1 only where
// --root names what cannot be a root.
int mounts_prepare(struct child_env *env);

// Mounts the program's folder and /tmp anew with room for so many bytes together, if that is not what they have.
int mounts_resize(struct child_env *env, uint64_t bytes);

#endif
