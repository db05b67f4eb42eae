#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "isolate.h"
#include "session.h"

#ifdef __SANITIZE_ADDRESS__
// Leaks are looked for by a ptrace of oneself, which a process that is not dumpable refuses.
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0:abort_on_error=0";
}
#endif

static const char usage[] =
    "usage: contained [--tmpfs DIR] [--root DIR] [--version]\n"
    "Runs one untrusted program for a runner that speaks frames on standard input and output.\n";

// A buffer of this size is not for the stack.
static struct session session;

static int fail_usage(void) {
    (void) !write(2, usage, sizeof usage - 1);
    return 2;
}

// Standard streams that are closed would be taken by the first pipes that are made.
static int open_missing_streams(void) {
    for (int stream = 0; stream < 3; stream++) {
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", O_RDWR) != stream) {
            return -1;
        }
    }
    return 0;
}

int main(int argc, char **argv) {
    const char *tmpfs = "/tmpfs";
    const char *root = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--version") == 0) {
            return puts("contained " CONTAINED_VERSION) < 0;
        } else if (strcmp(argv[i], "--tmpfs") == 0 && i + 1 < argc) {
            tmpfs = argv[++i];
        } else if (strcmp(argv[i], "--root") == 0 && i + 1 < argc) {
            root = argv[++i];
        } else {
            return fail_usage();
        }
    }
    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL); // what is ignored now all programs would; refused for those that cannot be changed, and for libc's own
    }
    isolate_handle_signals(SIG_IGN);
    if (open_missing_streams() != 0 || isolate_close_others(NULL, 0) != 0 || chdir("/") != 0) {
        dprintf(2, "contained: cannot set up its descriptors: %s\n", strerror(errno));
        return 1;
    }
    return session_prepare(&session, tmpfs, root) == 0 ? session_serve(&session) : 1;
}
