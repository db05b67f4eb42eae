// What init says: how the program ended, and what looks found.
#ifndef SANDPOOL_INIT_MESSAGES_H
#define SANDPOOL_INIT_MESSAGES_H

#include "state.h"

void init_messages_receive(struct session *session);

#endif
