// Leaves a grandchild in a session of its own, which holds the output open and ignores what it can, and ends.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    int ready[2];
    char byte;
    if (pipe(ready) != 0) {
        return 1;
    }
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            for (int i = 1; i < NSIG; i++) {
                signal(i, SIG_IGN);
            }
            (void) !write(ready[1], "", 1);
            for (;;) {
                pause();
            }
        }
        _exit(0);
    }
    (void) !read(ready[0], &byte, 1);
    puts("left one");
    return 4;
}
