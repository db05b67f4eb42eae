// Writes without end, or so many bytes, to the descriptor that is its first argument: the letter x, or with a third one noise, the same
// in each block.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char block[65536];
    memset(block, 'x', sizeof block);
    uint32_t state = 2463534242;
    for (size_t i = 0; argc > 3 && i < sizeof block; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        block[i] = (char) (state >> 11);
    }
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
