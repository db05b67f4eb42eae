// Writes without end, or so many bytes, to the descriptor that is its first argument.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char block[65536];
    memset(block, 'x', sizeof block);
    long long left = argc > 2 ? atoll(argv[2]) : -1;
    while (left != 0) {
        size_t size = left > 0 && left < (long long) sizeof block ? (size_t) left : sizeof block;
        ssize_t written = write(atoi(argv[1]), block, size);
        if (written < 0) {
            return 1;
        }
        left -= left > 0 ? written : 0;
    }
    return 0;
}
