// Copies its standard input to its standard output, after a word that says it runs.
#include <unistd.h>

int main(void) {
    static char block[100000];
    (void) !write(2, "ready\n", 6);
    for (;;) {
        ssize_t size = read(0, block, sizeof block);
        if (size <= 0) {
            return size < 0;
        }
        for (ssize_t done = 0; done < size;) {
            ssize_t written = write(1, block + done, (size_t) (size - done));
            if (written < 0) {
                return 2;
            }
            done += written;
        }
    }
}
