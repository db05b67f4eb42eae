// cycle KIND: has an open file of a kind kept by nothing but a message in a socket, which no process will receive. It goes either with the
// socket itself in the message, or, of KIND orphan, with a connection that gVisor forgets. cycle honest: uses the same, but what it sends ends with the socket.
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
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

static int make_ping(void) {
    return checked(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), "socket");
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

static int open_kind(const char *kind) {
    return strcmp(kind, "abstract") == 0   ? listen_abstractly(checked(socket(AF_UNIX, SOCK_STREAM, 0), "socket"))
           : strcmp(kind, "terminal") == 0 ? open_terminal()
           : strcmp(kind, "flock") == 0    ? lock_file()
           : strcmp(kind, "range") == 0    ? lock_range()
           : strcmp(kind, "listener") == 0 ? listen_to_network()
           : strcmp(kind, "ping") == 0     ? make_ping()
           : strcmp(kind, "memory") == 0   ? make_memory()
           : strcmp(kind, "dev-folder") == 0       ? lock_folder("/dev")
           : strcmp(kind, "terminals-folder") == 0 ? lock_folder("/dev/pts")
           : strcmp(kind, "sys-folder") == 0       ? lock_folder("/sys/fs")
           : strcmp(kind, "cgroup-folder") == 0    ? lock_folder("/sys/fs/cgroup/memory")
           : strcmp(kind, "folder") == 0   ? checked(open("/tmp", O_RDONLY | O_DIRECTORY), "/tmp")
           : strcmp(kind, "epoll") == 0    ? make_epoll()
           : strcmp(kind, "watch") == 0    ? make_watch()
                                           : checked(open("/dev/null", O_RDONLY), "null");
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
    static const char *const all[] = {"abstract", "terminal", "flock", "range", "listener", "memory", "folder", "epoll", "watch"};
    if (argc == 3 && strcmp(argv[1], "orphan") == 0) {
        leave_to_an_orphan(open_kind(argv[2]));
    } else if (argc == 2 && strcmp(argv[1], "honest") == 0) {
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            int pair[2];
            int file = open_kind(all[i]);
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
