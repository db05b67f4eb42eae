// Whether a run has left anything behind. What can be looked at is looked at; what a namespace held went with it.
#ifndef SANDPOOL_LEAK_CHECK_H
#define SANDPOOL_LEAK_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Before the first environment is made: the state of contained itself. 0, or -1 with errno set: there is no random key.
int leak_check_remember(bool is_gvisor, const char *tmpfs_folder);

// When an environment is made, whose process 1 this is.
void leak_check_watch(pid_t init);

// When the first environment is made, with this folder for the program: what memory is in use now, will be again when another is.
void leak_check_remember_env(int folder);

// Whether there are other processes now: of a run, once its process 1 has been reaped. True if that cannot be seen.
bool leak_check_has_others(void);

// Before an environment goes: whether a file of it that is left will be seen when the next one is made.
bool leak_check_is_comparable(int folder);

// After a run, when its environment is gone and before another is made. Null, or what is not clean.
const char *leak_check(const char *tmpfs_folder);

// When another environment is made. gVisor takes memory back in its own time: it is waited for a little. So many bytes more
// are in use because a program is cached.
const char *leak_check_env(int folder, uint64_t cached_bytes);

#endif
