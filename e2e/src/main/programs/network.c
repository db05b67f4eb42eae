// Tries to reach what a pod could reach, and names each address that answered, even with a refusal.
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void attempt(const char *host, int port, int type) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    inet_pton(AF_INET, host, &to.sin_addr);
    int s = socket(AF_INET, type | SOCK_NONBLOCK, 0);
    if (s < 0) {
        printf("%s:%d no socket: %s\n", host, port, strerror(errno));
        return;
    }
    int r = connect(s, (struct sockaddr *)&to, sizeof to);
    int err = r == 0 ? 0 : errno;
    if (r < 0 && errno == EINPROGRESS) {
        struct pollfd p = {.fd = s, .events = POLLOUT};
        if (poll(&p, 1, 700) == 1) {
            socklen_t n = sizeof err;
            getsockopt(s, SOL_SOCKET, SO_ERROR, &err, &n);
        } else {
            err = ETIMEDOUT;
        }
    }
    printf("%s:%d %s\n", host, port, err == 0 || err == ECONNREFUSED ? "REACHED" : strerror(err));
    close(s);
}

int main(int argc, char **argv) {
    for (int i = 1; i + 1 < argc; i += 2)
        attempt(argv[i], atoi(argv[i + 1]), SOCK_STREAM);
    struct ifaddrs *all;
    if (getifaddrs(&all) == 0)
        for (struct ifaddrs *a = all; a != NULL; a = a->ifa_next)
            if (a->ifa_addr != NULL && a->ifa_addr->sa_family == AF_INET && strcmp(a->ifa_name, "lo") != 0)
                printf("interface %s\n", a->ifa_name);
    return 0;
}
