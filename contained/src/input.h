// What came down from the runner.
#ifndef SANDPOOL_INPUT_H
#define SANDPOOL_INPUT_H

#include "state.h"

// Null, or what was wrong with it.
const char *input_handle(struct session *session, const struct frame *frame);

#endif
