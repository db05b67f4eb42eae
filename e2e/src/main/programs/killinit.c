// Process 1 of a namespace cannot be killed from inside it on Linux; in gVisor it can. Either way the run must end.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    puts("before");
    fflush(stdout);
    kill(1, SIGKILL);
    puts("after");
    return 7;
}
