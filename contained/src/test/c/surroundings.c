// Tells what it was given beside arguments and environment, a line each.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static void tell_limit(const char *name, int resource) {
    struct rlimit limit;
    getrlimit(resource, &limit);
    printf("%s %llu\n", name, (unsigned long long) limit.rlim_cur);
}

int main(void) {
    int descriptors = 0;
    for (int i = 0; i < 4096; i++) {
        descriptors += fcntl(i, F_GETFD) >= 0;
    }
    int changed = 0;
    for (int i = 1; i < NSIG; i++) {
        struct sigaction action;
        changed += sigaction(i, NULL, &action) == 0 && action.sa_handler != SIG_DFL;
    }
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    char folder[256];
    printf("descriptors %d\n", descriptors);
    printf("signals %d %d\n", changed, !sigisemptyset(&blocked));
    printf("session %d\n", getsid(0) == getpid());
    printf("root %d\n", getuid() == 0 || geteuid() == 0);
    printf("no-new-privileges %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    printf("folder %d\n", getcwd(folder, sizeof folder) != NULL && access("play", X_OK) == 0);
    tell_limit("core", RLIMIT_CORE);
    tell_limit("processes", RLIMIT_NPROC);
    tell_limit("files", RLIMIT_NOFILE);
    tell_limit("file", RLIMIT_FSIZE);
    return 0;
}
