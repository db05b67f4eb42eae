// Looks for contained: tries to see, read, trace and kill every process but its own, and says what it could do.
// Process 1 of its own namespace is there to be seen; contained, which holds the streams, must not be.
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

static void open_of(int pid, const char *what, int flags) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, what);
    int fd = open(path, flags);
    if (fd >= 0) {
        char b[16];
        if (strcmp(what, "mem") != 0 || pread(fd, b, sizeof b, 0x400000) > 0)
            printf("OPENED %s\n", path);
        close(fd);
    }
}

// Names in /proc/PID/fd may be listed; what counts is whether one can be opened, and so read or written.
static void descriptors_of(int pid) {
    for (int fd = 0; fd < 64; fd++) {
        char what[16];
        snprintf(what, sizeof what, "fd/%d", fd);
        open_of(pid, what, O_RDONLY | O_NONBLOCK);
        open_of(pid, what, O_WRONLY | O_NONBLOCK);
    }
}

int main(void) {
    int seen = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *e; proc != NULL && (e = readdir(proc)) != NULL;) {
        int pid = atoi(e->d_name);
        if (pid <= 0 || pid == getpid())
            continue;
        seen++;
        char comm[64] = "", path[64];
        snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
        int fd = open(path, O_RDONLY);
        if (fd >= 0) {
            ssize_t n = read(fd, comm, sizeof comm - 1);
            comm[n > 0 ? n : 0] = 0;
            close(fd);
        }
        printf("sees %d %s\n", pid, comm);
        open_of(pid, "mem", O_RDWR);
        open_of(pid, "environ", O_RDONLY);
        descriptors_of(pid);
        if (ptrace(PTRACE_ATTACH, pid, 0, 0) == 0)
            printf("TRACED %d\n", pid);
    }
    printf("others %d\n", seen);
    for (int fd = 3; fd < 256; fd++)
        if (fcntl(fd, F_GETFD) >= 0 && (proc == NULL || fd != dirfd(proc)))
            printf("INHERITED %d\n", fd);
    printf("parent %d\n", getppid());
    fflush(stdout);
    for (int pid = 2; pid < 64; pid++)
        if (pid != getpid() && kill(pid, SIGKILL) == 0)
            printf("KILLED %d\n", pid);
    puts("done");
    return 0;
}
