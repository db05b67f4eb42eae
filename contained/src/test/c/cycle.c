// cycle KIND: has an open file of a kind kept by nothing but a message in a socket, which no process will receive. It goes either with the
// socket itself in the message, or, of KIND orphan, with a connection that gVisor forgets. cycle honest: uses the same, but what it sends ends with the socket.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char image_file[] = "/bin/sh";

static int checked(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
    return result;
}

static void send_files(int over, const int *files, size_t count) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(3 * sizeof(int))];
    } control = {0};
    struct iovec data = {"x", 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), files, count * sizeof(int));
    checked((int) sendmsg(over, &message, 0), "sendmsg");
}

static socklen_t abstract_name(struct sockaddr_un *address) {
    *address = (struct sockaddr_un) {.sun_family = AF_UNIX};
    strcpy(address->sun_path + 1, "left");
    return (socklen_t) (offsetof(struct sockaddr_un, sun_path) + sizeof "left");
}

static int listen_abstractly(int file) {
    struct sockaddr_un address;
    socklen_t size = abstract_name(&address);
    checked(bind(file, (struct sockaddr *) &address, size), "bind");
    checked(listen(file, 1), "listen");
    return file;
}

static int open_terminal(void) {
    int terminal = checked(open("/dev/ptmx", O_RDWR | O_NOCTTY), "ptmx");
    int unlocked = 0;
    checked(ioctl(terminal, TIOCSPTLCK, &unlocked), "unlock");
    checked((int) write(terminal, "left\n", 5), "write");
    return terminal;
}

static int lock_file(void) {
    int file = checked(open(image_file, O_RDONLY), image_file);
    checked(flock(file, LOCK_EX | LOCK_NB), "flock");
    return file;
}

static int lock_folder(const char *path) {
    int file = checked(open(path, O_RDONLY | O_DIRECTORY), path);
    checked(flock(file, LOCK_EX | LOCK_NB), "flock");
    return file;
}

static int lock_dev(void) {
    return lock_folder("/dev");
}

static int lock_terminals(void) {
    return lock_folder("/dev/pts");
}

static int lock_sys(void) {
    return lock_folder("/sys/fs");
}

static int lock_cgroup(void) {
    return lock_folder("/sys/fs/cgroup/memory");
}

static int lock_range(void) {
    int file = checked(open(image_file, O_RDONLY), image_file);
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 1000, .l_len = 1};
    checked(fcntl(file, F_OFD_SETLK, &lock), "lock");
    return file;
}

static int listen_to_network(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(4711), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int file = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");
    checked(bind(file, (struct sockaddr *) &address, sizeof address), "bind");
    checked(listen(file, 1), "listen");
    return file;
}

// Two connections, one of which was closed at an end, and bytes that nobody reads.
static int connect_to_network(void) {
    int listener = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    checked(bind(listener, (struct sockaddr *) &address, size), "bind");
    checked(listen(listener, 2), "listen");
    checked(getsockname(listener, (struct sockaddr *) &address, &size), "name");
    int client = -1;
    for (int i = 0; i < 2; i++) {
        client = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");
        checked(connect(client, (struct sockaddr *) &address, size), "connect");
        int server = checked(accept(listener, NULL, NULL), "accept");
        checked((int) write(server, "x", 1), "write");
        close(i == 0 ? server : listener);
    }
    return client;
}

// Whose port number no other has, whatever its network namespace.
static int make_netlink(void) {
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_pid = 471100};
    int file = checked(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), "socket");
    checked(bind(file, (struct sockaddr *) &address, sizeof address), "bind");
    return file;
}

static int make_datagrams(void) {
    return checked(socket(AF_INET6, SOCK_DGRAM, 0), "socket");
}

static int make_ping(void) {
    return checked(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), "socket");
}

static int make_ping_of_6(void) {
    return checked(socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6), "socket");
}

static int make_memory(void) {
    int file = checked(memfd_create("left", 0), "memfd");
    checked((int) write(file, "left", 4), "write");
    return file;
}

static int make_epoll(void) {
    int inner = checked(epoll_create1(0), "epoll");
    int outer = checked(epoll_create1(0), "epoll");
    checked(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &(struct epoll_event) {.events = EPOLLIN}), "epoll");
    return outer;
}

static int make_watch(void) {
    int file = checked(inotify_init1(0), "inotify");
    checked(inotify_add_watch(file, "/bin", IN_ALL_EVENTS), "watch");
    return file;
}

static int listen_locally(void) {
    return listen_abstractly(checked(socket(AF_UNIX, SOCK_STREAM, 0), "socket"));
}

static int open_folder(void) {
    return checked(open("/tmp", O_RDONLY | O_DIRECTORY), "/tmp");
}

static int open_nothing(void) {
    return checked(open("/dev/null", O_RDONLY), "null");
}

static const struct {
    const char *name;
    int (*open)(void);
    bool is_honest; // a program's of every day, on Linux and in gVisor
} kinds[] = {
    {"nothing", open_nothing, true},
    {"abstract", listen_locally, true},
    {"terminal", open_terminal, true},
    {"flock", lock_file, true},
    {"range", lock_range, true},
    {"listener", listen_to_network, true},
    {"connection", connect_to_network, true},
    {"memory", make_memory, true},
    {"folder", open_folder, true},
    {"epoll", make_epoll, true},
    {"watch", make_watch, true},
    {"netlink", make_netlink, true},
    {"udp6", make_datagrams, true},
    {"ping", make_ping, false},
    {"ping6", make_ping_of_6, false},
    {"dev-folder", lock_dev, false},
    {"terminals-folder", lock_terminals, false},
    {"sys-folder", lock_sys, false},
    {"cgroup-folder", lock_cgroup, false},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static int open_kind(const char *name) {
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(name, kinds[i].name) == 0) {
            return kinds[i].open();
        }
    }
    exit(2);
}

// One end of a pair listens as well. When both are gone, nobody ends the connections that it has not accepted.
static void leave_to_an_orphan(int file) {
    int pair[2];
    struct sockaddr_un address;
    checked(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
    listen_abstractly(pair[0]);
    int client = checked(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    socklen_t size = abstract_name(&address);
    checked(connect(client, (struct sockaddr *) &address, size), "connect");
    send_files(client, &file, 1);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "orphan") == 0) {
        leave_to_an_orphan(open_kind(argv[2]));
    } else if (argc == 2 && strcmp(argv[1], "honest") == 0) {
        for (size_t i = 0; i < KINDS; i++) {
            if (!kinds[i].is_honest) {
                continue;
            }
            int pair[2];
            int file = kinds[i].open();
            checked(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
            send_files(pair[0], &file, 1); // never received, but the socket ends
        }
    } else if (argc == 2) {
        int pair[2];
        checked(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "socketpair");
        send_files(pair[0], (int[]) {pair[0], pair[1], open_kind(argv[1])}, 3);
    }
    puts("done");
    return 0;
}
