// Prints, then never ends and takes no hint.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    signal(SIGINT, SIG_IGN);
    printf("partial ");
    fflush(stdout);
    fprintf(stderr, "waiting\n");
    for (;;)
        pause();
}
