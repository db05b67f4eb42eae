// Messages between contained and init, descriptors among them.
#ifndef SANDPOOL_CONTROL_H
#define SANDPOOL_CONTROL_H

#include "child_env.h"

// Never waits: an init that does not read gets no more than fits.
int control_request(int control, enum request_type type, uint64_t number);

// Init's side. `descriptors` is null or REPLY_DESCRIPTORS long.
int control_reply(int control, const struct reply *reply, const int *descriptors);

// One message: its size, 0 when init is gone, -1 and EAGAIN when there is none and `flags` has MSG_DONTWAIT.
ssize_t control_receive(int control, struct reply *reply, int *descriptors, int flags);

#endif
