// After a run all of it is taken away, proved to be so, and made anew.
#ifndef SANDPOOL_RESET_H
#define SANDPOOL_RESET_H

#include "state.h"

bool reset_is_wanted(const struct session *session);

// Null, or why there is no run after this one; standard error says more.
const char *reset(struct session *session);

#endif
