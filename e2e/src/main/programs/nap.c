// Says when its nap of so many seconds begins and ends.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    puts("begun");
    fflush(stdout);
    sleep(argc > 1 ? (unsigned) atoi(argv[1]) : 1);
    puts("ended");
    return 0;
}
