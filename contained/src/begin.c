#define _GNU_SOURCE
#include "begin.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "isolate.h"

#ifdef __SANITIZE_ADDRESS__
// Leaks are looked for by a ptrace of oneself, which a process that is not dumpable refuses.
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0:abort_on_error=0";
}
#endif

// Standard streams that are closed would be taken by the first pipes that are made.
static int open_missing_streams(void) {
    for (int stream = 0; stream < 3; stream++) {
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", O_RDWR) != stream) {
            return -1;
        }
    }
    return 0;
}

int begin_process(void) {
    for (int number = 1; number < NSIG; number++) {
        // What is ignored now all that it executes would ignore. Refused for those that cannot be changed, and for libc's own.
        signal(number, SIG_DFL);
    }
    isolate_handle_signals(SIG_IGN);
    return open_missing_streams() != 0 || isolate_close_others(NULL, 0) != 0 || chdir("/") != 0 ? -1 : 0;
}
