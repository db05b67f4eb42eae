#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "begin.h"
#include "session.h"
#include "warmup.h"

static const char usage[] =
    "usage: contained [--tmpfs DIR] [--root DIR] [--version]\n"
    "Runs one untrusted program for a runner that speaks frames on standard input and output.\n";

// A buffer of this size is not for the stack.
static struct session session;

static int fail_usage(void) {
    (void) !write(2, usage, sizeof usage - 1);
    return 2;
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
    if (begin_process() != 0) {
        dprintf(2, "contained: cannot set up its descriptors: %s\n", strerror(errno));
        return 1;
    }
    return warmup_prepare(&session, tmpfs, root) == 0 ? session_serve(&session) : 1;
}
