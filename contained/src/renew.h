// After a run all of it is taken away, proved to be so, and made anew.
#ifndef SANDPOOL_RENEW_H
#define SANDPOOL_RENEW_H

#include "state.h"

bool renew_is_wanted(const struct session *session);

// Else -1 and a line on standard error.
int renew(struct session *session);

#endif
