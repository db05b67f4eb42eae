// What init sent last is received, even where it ended before it had read what it was asked: Linux reports that first.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"

int main(void) {
    int control[2];
    const struct reply ended = {.type = REPLY_ENDED, .status = 3};
    struct reply heard = {0};
    int descriptors[REPLY_DESCRIPTORS];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, control) != 0 || control_reply(control[1], &ended, NULL) != 0 ||
        control_request(control[0], REQUEST_MEMORY, 1) != 0 || close(control[1]) != 0) {
        perror("cannot begin");
        return 1;
    }
    ssize_t length = control_receive(control[0], &heard, descriptors, MSG_DONTWAIT);
    if (length != sizeof heard || heard.type != REPLY_ENDED || heard.status != 3) {
        perror("its last words are lost");
        return 1;
    }
    if (control_receive(control[0], &heard, descriptors, MSG_DONTWAIT) > 0) {
        fprintf(stderr, "something is heard after the end\n");
        return 1;
    }
    return 0;
}
