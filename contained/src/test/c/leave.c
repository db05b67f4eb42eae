// Leaves things in its folder that a search for files may meet. Its argument says which; ends with 1 where it cannot.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void require(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static void leave(const char *name, const char *content) {
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    require(file, name);
    require((int) write(file, content, strlen(content)), name);
    close(file);
}

static void leave_entries(int count) {
    char name[16];
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "e%d", i);
        int file = open(name, O_WRONLY | O_CREAT, 0644);
        require(file, name);
        close(file);
    }
}

static void leave_deep(int count) {
    for (int i = 0; i < count; i++) {
        require(mkdir("d", 0755), "mkdir");
        require(chdir("d"), "chdir");
    }
    leave("end", "end");
}

static void leave_no_files(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    require(symlink("/etc/passwd", "passwd"), "symlink");
    require(symlink("/proc/self/mem", "mem"), "symlink");
    require(symlink("/etc", "etc"), "symlink");
    require(symlink("/proc", "proc"), "symlink");
    require(symlink("/", "root"), "symlink");
    require(symlink("folder", "inner"), "symlink");
    require(symlink("own", "link"), "symlink");
    require(symlink("loop", "loop"), "symlink");
    require(mkfifo("pipe", 0644), "mkfifo");
    require(mkdir("folder", 0755), "mkdir");
    require(bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *) &address, sizeof address), "bind");
    leave("own", "its own");
    leave("folder/within", "within");
    require(link("own", "hard"), "link");
    // None of these is there when the kernel does its part.
    int devices = mknod("device", S_IFCHR | 0666, 1 << 8 | 1) == 0;
    int others = link("/etc/passwd", "others") == 0;
    printf("devices %d, links to others' files %d\n", devices, others);
}

static void leave_names(void) {
    char longest[256];
    memset(longest, 'n', 255);
    longest[255] = 0;
    leave(longest, "long");
    leave("new\nline", "1");
    leave("not\xffutf-8", "2");
    leave("\x1b[0m", "3");
    leave("gr\xc3\xb6\xc3\x9f" "e", "good");
    require(mkdir("too", 0755), "mkdir");
    require(chdir("too"), "chdir");
    leave(longest, "4");
    require(mkdir("bad\n", 0755), "mkdir");
    require(chdir("bad\n"), "chdir");
    leave("within", "not told");
}

static void leave_unreadable(void) {
    leave("shut", "shut");
    require(chmod("shut", 0), "chmod");
    require(mkdir("closed", 0755), "mkdir");
    leave("closed/a", "a");
    require(chmod("closed", 0), "chmod");
    leave("open", "open");
}

static void leave_sparse(const char *name, long long bytes) {
    int file = open(name, O_RDWR | O_CREAT, 0644);
    require(file, name);
    require(ftruncate(file, bytes), "ftruncate");
}

// Processes that go on when this one has ended: each moves a file of its own to another name and back, as long as it lives.
static void leave_moving(int count) {
    int moved[2];
    require(pipe(moved), "pipe");
    for (int i = 0; i < count; i++) {
        char one[16];
        char other[16];
        snprintf(one, sizeof one, "one%d", i);
        snprintf(other, sizeof other, "other%d", i);
        leave(one, "moved");
        pid_t child = fork();
        require(child, "fork");
        for (int moves = 0; child == 0; moves++) {
            require(rename(one, other), "rename");
            require(rename(other, one), "rename");
            if (moves == 0) {
                require((int) write(moved[1], "", 1), "write");
            }
        }
    }
    for (int i = 0; i < count; i++) {
        char byte;
        require((int) read(moved[0], &byte, 1), "read");
    }
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "entries") == 0) {
        leave_entries(atoi(argv[2]));
        leave("named", "found");
    } else if (strcmp(what, "deep") == 0) {
        leave_deep(atoi(argv[2]));
    } else if (strcmp(what, "no-files") == 0) {
        leave_no_files();
    } else if (strcmp(what, "moving") == 0) {
        leave_moving(atoi(argv[2]));
    } else if (strcmp(what, "names") == 0) {
        leave_names();
    } else if (strcmp(what, "unreadable") == 0) {
        leave_unreadable();
    } else if (strcmp(what, "sparse") == 0) {
        leave_sparse("huge", 1LL << 40);
        leave_sparse("fits", 1 << 20);
        leave("shorter", "0123456789");
        require(truncate("shorter", 4), "truncate");
    } else {
        return 1;
    }
    return 0;
}
