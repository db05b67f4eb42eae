// Looking at the processes of a /proc, and ending those that must not outlive a run.
#ifndef SANDPOOL_PROCESSES_H
#define SANDPOOL_PROCESSES_H

#include <stdbool.h>
#include <sys/types.h>

// Calls `visit` with each process of the /proc that `proc` is open on.
void processes_each(int proc, void (*visit)(int proc, pid_t process, void *context), void *context);

// Reads a small file of /proc; the number of bytes, a NUL after them, or -1.
ssize_t processes_read(int proc, pid_t process, const char *name, char *text, size_t size);

// This process as that /proc knows it: one that is shared is of another pid namespace.
pid_t processes_own_number(int proc);

// 0 where there is no such process.
pid_t processes_parent(int proc, pid_t process);

bool processes_descends(int proc, pid_t process, pid_t ancestor);

// Kills and reaps all that descends from this process, which must be their subreaper. For where no pid namespace does it.
void processes_kill_descendants(void);

#endif
