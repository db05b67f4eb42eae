#define _GNU_SOURCE
#include "control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union ancillary {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(REPLY_DESCRIPTORS * sizeof(int))];
};

int control_request(int control, enum request_type type, uint64_t number) {
    struct request request = {.type = type, .number = number};
    return send(control, &request, sizeof request, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof request ? 0 : -1;
}

int control_reply(int control, const struct reply *reply, const int *descriptors) {
    struct iovec bytes = {.iov_base = (void *) reply, .iov_len = sizeof *reply};
    union ancillary ancillary = {0};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    if (descriptors != NULL) {
        message.msg_control = &ancillary;
        message.msg_controllen = sizeof ancillary;
        ancillary.header.cmsg_level = SOL_SOCKET;
        ancillary.header.cmsg_type = SCM_RIGHTS;
        ancillary.header.cmsg_len = CMSG_LEN(REPLY_DESCRIPTORS * sizeof(int));
        memcpy(CMSG_DATA(&ancillary.header), descriptors, REPLY_DESCRIPTORS * sizeof(int));
    }
    return sendmsg(control, &message, MSG_NOSIGNAL) == sizeof *reply ? 0 : -1;
}

ssize_t control_receive(int control, struct reply *reply, int *descriptors, int flags) {
    struct iovec bytes = {.iov_base = reply, .iov_len = sizeof *reply};
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
    if (length > 0 && length != sizeof *reply) {
        errno = EPROTO;
        return -1;
    }
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (length > 0 && header != NULL && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(REPLY_DESCRIPTORS * sizeof(int))) {
        memcpy(descriptors, CMSG_DATA(header), REPLY_DESCRIPTORS * sizeof(int));
    }
    return length;
}
