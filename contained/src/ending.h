// How a run ends, and the end of its processes.
#ifndef SANDPOOL_ENDING_H
#define SANDPOOL_ENDING_H

#include "state.h"

// Only the first call of a run counts.
void ending_begin(struct session *session, enum outcome outcome, const char *message);
void ending_fail(struct session *session, const char *what); // as an internal error, of errno
void ending_reap(struct session *session);
bool ending_is_settled(const struct session *session);

// Ends every process of the program's namespace and waits for the last.
void ending_kill_all(struct session *session);

#endif
