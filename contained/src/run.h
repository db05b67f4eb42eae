// The first steps of a run, from START to execve.
#ifndef SANDPOOL_RUN_H
#define SANDPOOL_RUN_H

#include "state.h"

void run_start(struct session *session, const uint8_t *payload, size_t length);
void run_launch(struct session *session, const uint8_t *payload, size_t length);
void run_receive_launch(struct session *session);

#endif
