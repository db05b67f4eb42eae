// Memory for what is large. What lies in .bss instead is copied for each run: where gVisor's kernel has to copy a page after a fork,
// it copies all of the mapping around it, up to 2 MiB, for each process that writes to it.
#ifndef SANDPOOL_PRIVATE_MAP_H
#define SANDPOOL_PRIVATE_MAP_H

#include <stddef.h>

// Zeroed, this process's own: a fork has no copy of it. Null, and errno says why, where it cannot be had.
void *private_map(size_t size);

#endif
