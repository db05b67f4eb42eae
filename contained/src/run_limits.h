// What has to be looked at while the program runs.
#ifndef SANDPOOL_RUN_LIMITS_H
#define SANDPOOL_RUN_LIMITS_H

#include "state.h"

void run_limits_tick(struct session *session, uint64_t now);
void run_limits_receive_memory(struct session *session, uint64_t used);
void run_limits_receive_cpu(struct session *session, const struct cpu_used *used);
bool run_limits_cpu_exceeded(const struct session *session, uint64_t micros);

// When run_limits_tick() has something to do; UINT64_MAX: never.
uint64_t run_limits_next(const struct session *session);

#endif
