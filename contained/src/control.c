#define _GNU_SOURCE
#include "control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union ancillary {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(TELL_DESCRIPTORS * sizeof(int))];
};

int control_ask(int control, enum ask_what what, uint64_t number) {
    struct ask ask = {.what = what, .number = number};
    return send(control, &ask, sizeof ask, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof ask ? 0 : -1;
}

int control_tell(int control, const struct tell *tell, const int *descriptors) {
    struct iovec bytes = {.iov_base = (void *) tell, .iov_len = sizeof *tell};
    union ancillary ancillary = {0};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    if (descriptors != NULL) {
        message.msg_control = &ancillary;
        message.msg_controllen = sizeof ancillary;
        ancillary.header.cmsg_level = SOL_SOCKET;
        ancillary.header.cmsg_type = SCM_RIGHTS;
        ancillary.header.cmsg_len = CMSG_LEN(TELL_DESCRIPTORS * sizeof(int));
        memcpy(CMSG_DATA(&ancillary.header), descriptors, TELL_DESCRIPTORS * sizeof(int));
    }
    return sendmsg(control, &message, MSG_NOSIGNAL) == sizeof *tell ? 0 : -1;
}

ssize_t control_hear(int control, struct tell *tell, int *descriptors, int flags) {
    struct iovec bytes = {.iov_base = tell, .iov_len = sizeof *tell};
    union ancillary ancillary = {0};
    struct msghdr message = {
        .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &ancillary, .msg_controllen = sizeof ancillary};
    ssize_t length;
    bool was_reset = false;
    for (;;) {
        length = recvmsg(control, &message, flags | MSG_CMSG_CLOEXEC);
        // Linux tells an end that had not read all once, and before what that end had sent.
        bool is_reset = length < 0 && errno == ECONNRESET && !was_reset;
        was_reset |= is_reset;
        if (!is_reset && !(length < 0 && errno == EINTR)) {
            break;
        }
    }
    if (length > 0 && length != sizeof *tell) {
        errno = EPROTO;
        return -1;
    }
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (length > 0 && header != NULL && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(TELL_DESCRIPTORS * sizeof(int))) {
        memcpy(descriptors, CMSG_DATA(header), TELL_DESCRIPTORS * sizeof(int));
    }
    return length;
}
