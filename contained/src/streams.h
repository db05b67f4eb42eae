// What goes to the program's standard input, and what comes from its outputs.
#ifndef SANDPOOL_STREAMS_H
#define SANDPOOL_STREAMS_H

#include "state.h"

void streams_feed(struct session *session);
void streams_drain(struct session *session, bool is_stdout_ready, bool is_stderr_ready);
void streams_cut(struct session *session); // what was not read of the output is dropped
uint64_t streams_gather_until(const struct run *run); // the output is not to be read before

#endif
