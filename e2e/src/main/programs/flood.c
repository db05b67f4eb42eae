// Writes to standard output for ever, or so many MiB as its first argument says.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char block[1 << 20];
    memset(block, 'y', sizeof block);
    long blocks = argc > 1 ? atol(argv[1]) : -1;
    for (long i = 0; blocks < 0 || i < blocks; i++)
        for (size_t done = 0; done < sizeof block;) {
            ssize_t n = write(1, block + done, sizeof block - done);
            if (n < 0)
                return 1;
            done += (size_t)n;
        }
    return 0;
}
