// Tries the addresses "host:port" that are its arguments, and one of its own on the loopback interface.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in address_of(char *text) {
    char *colon = strchr(text, ':');
    *colon = 0;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short) atoi(colon + 1))};
    inet_pton(AF_INET, text, &address.sin_addr);
    return address;
}

static const char *try(struct sockaddr_in address) {
    int one = socket(AF_INET, SOCK_STREAM, 0);
    int result = connect(one, (struct sockaddr *) &address, sizeof address);
    close(one);
    return result == 0 ? "connected" : errno == ENETUNREACH ? "unreachable" : strerror(errno);
}

int main(int argc, char **argv) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof own;
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server, (struct sockaddr *) &own, size) != 0 || listen(server, 1) != 0 ||
        getsockname(server, (struct sockaddr *) &own, &size) != 0) {
        perror("listen");
        return 1;
    }
    printf("itself %s\n", try(own));
    for (int i = 1; i < argc; i++) {
        struct sockaddr_in address = address_of(argv[i]);
        printf("%s %s\n", argv[i], try(address));
    }
    return 0;
}
