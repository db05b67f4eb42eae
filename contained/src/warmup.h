// What is done once, and then the program's environment.
#ifndef SANDPOOL_WARMUP_H
#define SANDPOOL_WARMUP_H

#include "state.h"

// -1 and a line on standard error when it cannot be done.
int warmup_prepare(struct session *session, const char *tmpfs_folder, const char *root_folder);
int warmup_make_env(struct session *session);

#endif
