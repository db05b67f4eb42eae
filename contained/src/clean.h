// Whether a run has left anything behind. What can be looked at is looked at; what a namespace held went with it.
#ifndef SANDPOOL_CLEAN_H
#define SANDPOOL_CLEAN_H

#include <stdbool.h>
#include <stdint.h>

// Before the first world is made: how contained itself stands. 0, or -1 with errno set: there is no random key.
int clean_remember(bool is_gvisor, const char *tmpfs_folder);

// When the first world is made: what memory is in use now, will be again when another is.
void clean_remember_memory(void);

// After a run, when its world is gone and before another is made. Null, or what is not clean.
const char *clean_check(const char *tmpfs_folder);

// When another world is made. gVisor takes memory back in its own time: it is waited for a little. So many bytes more
// are in use because a program is kept.
const char *clean_check_memory(uint64_t kept);

#endif
