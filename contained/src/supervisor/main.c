#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "../begin.h"
#include "../child_env.h"
#include "../private_map.h"
#include "supervisor.h"

static const char usage[] =
    "usage: supervisor [--runsc FILE] [--root DIR] [--version]\n"
    "Runs each untrusted program in a gVisor of its own, for a runner that speaks frames on standard input and output.\n";

// A structure of this size is not for the stack.
static struct supervisor supervisor;

static int fail_usage(void) {
    (void) !write(2, usage, sizeof usage - 1);
    return 2;
}

static int complain(const char *what) {
    reason_fail("cannot %s: %s", what, strerror(errno));
    return 1;
}

static int catch_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// No process of its own user, such as one that got out of gVisor, opens its memory or its descriptors, and all that loses its parent
// becomes its child.
static int protect(void) {
    return prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 ? -1 : 0;
}

static int prepare(void) {
    supervisor.down = (struct relay) {.first_type = FRAME_START, .last_type = FRAME_LAST_DOWN, .bytes = private_map(RELAY_BYTES)};
    supervisor.up = (struct relay) {.first_type = FRAME_HELLO, .last_type = FRAME_LAST_UP, .bytes = private_map(RELAY_BYTES)};
    if (supervisor.down.bytes == NULL || supervisor.up.bytes == NULL) {
        return complain("have memory for its buffers");
    }
    if (begin_process() != 0) {
        return complain("set up its descriptors");
    }
    supervisor.signals = catch_signals();
    if (supervisor.signals < 0) {
        return complain("catch signals");
    }
    return protect() == 0 ? 0 : complain("protect itself");
}

int main(int argc, char **argv) {
    supervisor.places = (struct places) {.runsc = "/usr/local/bin/runsc", .root = "/sandbox"};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--version") == 0) {
            return puts("supervisor " CONTAINED_VERSION) < 0;
        } else if (strcmp(argv[i], "--runsc") == 0 && i + 1 < argc) {
            supervisor.places.runsc = argv[++i];
        } else if (strcmp(argv[i], "--root") == 0 && i + 1 < argc) {
            supervisor.places.root = argv[++i];
        } else {
            return fail_usage();
        }
    }
    int failed = prepare();
    return failed != 0 ? failed : supervisor_serve(&supervisor);
}
