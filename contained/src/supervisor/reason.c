#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor.h"

enum { REASON_BYTES = 512 };

// Where a kubelet mounts a file that any user of the container may write to.
static const char log_file[] = "/dev/termination-log";

static void log_reason(const char *line, size_t length) {
    struct stat status;
    int file = open(log_file, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        return;
    }
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && ftruncate(file, 0) == 0) {
        (void) !write(file, line, length);
    }
    close(file);
}

enum step reason_fail(const char *format, ...) {
    static bool is_logged;
    char line[REASON_BYTES] = "supervisor: ";
    size_t begin = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + begin, sizeof line - begin - 1, format, arguments);
    va_end(arguments);
    size_t length = strlen(line);
    line[length++] = '\n';
    (void) !write(2, line, length);
    if (!is_logged) {
        is_logged = true;
        log_reason(line, length);
    }
    return STEP_FAIL;
}
