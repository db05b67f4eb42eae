// Serves runs: speaks frames with the runner, and with init and the program on the other side.
#ifndef SANDPOOL_SESSION_H
#define SANDPOOL_SESSION_H

#include "state.h"

// What main returns.
int session_serve(struct session *session);

#endif
