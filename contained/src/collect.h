// The files that the program leaves, on their way to the runner.
#ifndef SANDPOOL_COLLECT_H
#define SANDPOOL_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct collector;
struct session;

// Once, before the first run. Null and errno.
struct collector *collect_prepare(void);

// COLLECT. Null, or what was wrong with it.
const char *collect_ask(struct session *session, const uint8_t *payload, size_t length);

// Whether files are still to be sent, of a program that has ended.
bool collect_is_due(const struct session *session);

// Whether it could send more at once, if there is room.
bool collect_has_steps(const struct session *session);

// Sends some of them. They wait until all processes have ended, so that nothing changes meanwhile.
void collect_go_on(struct session *session);

// When collect_go_on() has something to do without an event; UINT64_MAX: never.
uint64_t collect_next(const struct session *session);

// Of this run, and closes what is open.
void collect_forget(struct session *session);

#endif
