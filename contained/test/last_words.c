// What init said last is heard, even where it ended before it had read what it was asked: Linux tells of that first.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"

int main(void) {
    int control[2];
    const struct tell ended = {.what = TELL_ENDED, .status = 3};
    struct tell heard = {0};
    int descriptors[TELL_DESCRIPTORS];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, control) != 0 || control_tell(control[1], &ended, NULL) != 0 ||
        control_ask(control[0], ASK_MEMORY, 1) != 0 || close(control[1]) != 0) {
        perror("cannot begin");
        return 1;
    }
    ssize_t length = control_hear(control[0], &heard, descriptors, MSG_DONTWAIT);
    if (length != sizeof heard || heard.what != TELL_ENDED || heard.status != 3) {
        perror("its last words are lost");
        return 1;
    }
    if (control_hear(control[0], &heard, descriptors, MSG_DONTWAIT) > 0) {
        fprintf(stderr, "something is heard after the end\n");
        return 1;
    }
    return 0;
}
