// Waits; ends with status 7 and a word when it is interrupted, or ignores it and everything else.
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void end(int number) {
    (void) number;
    (void) !write(1, "interrupted\n", 12);
    _exit(7);
}

int main(int argc, char **argv) {
    signal(SIGINT, argc > 1 && strcmp(argv[1], "not") == 0 ? SIG_IGN : end);
    (void) !write(1, "waiting\n", 8);
    for (;;) {
        pause();
    }
}
