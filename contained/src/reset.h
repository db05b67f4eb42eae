// After a run all of it is taken away, proved to be so, and made anew.
#ifndef SANDPOOL_RESET_H
#define SANDPOOL_RESET_H

#include "state.h"

bool reset_is_wanted(const struct session *session);

// Else -1 and a line on standard error.
int reset(struct session *session);

#endif
