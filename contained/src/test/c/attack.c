// Does to its process 1, and to all others that it sees, what it can. A line each: the deed and whether it was possible.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void tell(const char *deed, int possible) {
    printf("%s %s\n", deed, possible ? "yes" : "no");
    fflush(stdout);
}

static int can_open(const char *path, int flags) {
    int file = open(path, flags);
    if (file >= 0) {
        close(file);
    }
    return file >= 0;
}

static int others_seen(void) {
    int others = 0;
    DIR *folder = opendir("/proc");
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        int process = atoi(entry->d_name);
        others += process > 1 && process != getpid();
    }
    closedir(folder);
    return others;
}

static int came(long process) {
    if (process == 0) {
        _exit(0);
    }
    return process > 0;
}

static int clone_user_namespace(void) {
    return came(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0L, 0L, 0L, 0L));
}

static int clone3_user_namespace(void) {
    struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    return came(syscall(SYS_clone3, &arguments, sizeof arguments));
}

int main(int argc, char **argv) {
    char bytes[8];
    char link[64];
    struct iovec here = {bytes, sizeof bytes};
    struct iovec there = {(void *) 0x400000, sizeof bytes};
    tell("see-others", others_seen());
    tell("read-memory", can_open("/proc/1/mem", O_RDONLY));
    tell("write-memory", can_open("/proc/1/mem", O_RDWR));
    tell("read-environment", can_open("/proc/1/environ", O_RDONLY));
    tell("follow-descriptor", readlink("/proc/1/fd/1", link, sizeof link) > 0);
    tell("open-descriptor", can_open("/proc/1/fd/1", O_WRONLY));
    tell("copy-memory", process_vm_readv(1, &here, 1, &there, 1, 0) > 0);
    tell("trace", ptrace(PTRACE_ATTACH, 1, NULL, NULL) == 0);
    tell("enter-root", chdir("/proc/1/root") == 0);
    tell("mount", mount("none", "/tmp", "tmpfs", 0, NULL) == 0);
    tell("unmount", umount2("/tmp", MNT_DETACH) == 0);
    tell("write-root", can_open("/made-by-the-program", O_WRONLY | O_CREAT) || can_open("/etc/made", O_WRONLY | O_CREAT));
    tell("become-root", setuid(0) == 0);
    tell("limit-others", prlimit(1, RLIMIT_NOFILE, &(struct rlimit) {2, 2}, NULL) == 0);
    tell("keep-a-key", syscall(SYS_add_key, "user", "carried", "x", 1, KEY_SPEC_SESSION_KEYRING) > 0);
    tell("user-namespace-by-clone3", clone3_user_namespace());
    tell("user-namespace-by-clone", clone_user_namespace());
    tell("user-namespace", unshare(CLONE_NEWUSER) == 0);
    if (argc > 1 && strcmp(argv[1], "signals") == 0) {
        for (int i = 1; i < NSIG; i++) {
            if (i != SIGKILL) {
                kill(1, i);
            }
        }
        kill(1, SIGKILL);
        kill(-1, SIGTERM);
        tell("survive", 1);
    }
    return 0;
}
