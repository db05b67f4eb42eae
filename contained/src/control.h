// Messages between contained and init, descriptors among them.
#ifndef SANDPOOL_CONTROL_H
#define SANDPOOL_CONTROL_H

#include "world.h"

// Never waits: an init that does not listen gets no more than fits.
int control_ask(int control, enum ask_what what, uint64_t number);

// Init's side. `descriptors` is null or TELL_DESCRIPTORS long.
int control_tell(int control, const struct tell *tell, const int *descriptors);

// One message: its size, 0 when init is gone, -1 and EAGAIN when there is none and `flags` has MSG_DONTWAIT.
ssize_t control_hear(int control, struct tell *tell, int *descriptors, int flags);

#endif
