// Whether a run has left anything behind. What can be looked at is looked at; what a namespace held went with it.
#ifndef SANDPOOL_CLEAN_H
#define SANDPOOL_CLEAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Before the first world is made: how contained itself stands. 0, or -1 with errno set: there is no random key.
int clean_remember(bool is_gvisor, const char *tmpfs_folder);

// When a world is made, whose process 1 this is.
void clean_watch(pid_t init);

// When the first world is made, with this folder for the program: what memory is in use now, will be again when another is.
void clean_remember_world(int folder);

// Before a world goes: whether a file of it that is left will be seen when the next one is made.
bool clean_is_comparable(int folder);

// After a run, when its world is gone and before another is made. Null, or what is not clean.
const char *clean_check(const char *tmpfs_folder);

// When another world is made. gVisor takes memory back in its own time: it is waited for a little. So many bytes more
// are in use because a program is kept.
const char *clean_check_world(int folder, uint64_t kept);

#endif
