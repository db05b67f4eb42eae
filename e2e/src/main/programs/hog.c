// Takes memory, all of it used, as many MiB as its first argument says, and tells how far it got.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    long mib = argc > 1 ? atol(argv[1]) : 1 << 20;
    for (long i = 0; i < mib; i++) {
        char *p = malloc(1 << 20);
        if (p == NULL) {
            puts("refused");
            return 1;
        }
        memset(p, (int)i | 1, 1 << 20);
    }
    printf("held %ld MiB\n", mib);
    return 0;
}
