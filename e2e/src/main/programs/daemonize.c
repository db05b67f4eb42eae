// Leaves a child behind that holds the output open and would write to it for ever.
#include <stdio.h>
#include <unistd.h>

int main(void) {
    if (fork() == 0) {
        setsid();
        for (;;)
            sleep(1);
    }
    puts("parent done");
    return 0;
}
