// Computes, in itself and in a child that it waits for, for about so many milliseconds of CPU time each.
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void compute(long millis) {
    struct timespec now;
    do {
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    } while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < millis);
}

int main(int argc, char **argv) {
    long millis = argc > 1 ? atol(argv[1]) : 0;
    if (fork() == 0) {
        compute(millis);
        _exit(0);
    }
    compute(millis);
    wait(NULL);
    return 0;
}
