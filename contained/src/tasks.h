// RLIMIT_NPROC counts all tasks of a user, and contained's own are the program's user's too.
#ifndef SANDPOOL_TASKS_H
#define SANDPOOL_TASKS_H

enum { TASKS_UNCOUNTED = 1 << 30 };

// How many tasks the limit counts beside this process, which is to have no threads and no children. -1: cannot be found out. TASKS_UNCOUNTED:
// too many to look for, among which a limit would say nothing.
int tasks_beside(void);

#endif
