// Writes so many bytes, one at a time, to stdout and stderr in turn: the letters of the alphabet over and over, on each stream.
// With a second argument it waits after each write until that has been read.
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void wait_until_read(int stream) {
    int unread = 1;
    while (ioctl(stream, FIONREAD, &unread) == 0 && unread > 0) {
        usleep(100);
    }
}

int main(int argc, char **argv) {
    int count = atoi(argv[1]);
    for (int i = 0; i < count; i++) {
        int stream = 1 + i % 2;
        char letter = (char) ('a' + i / 2 % 26);
        if (write(stream, &letter, 1) != 1) {
            return 1;
        }
        if (argc > 2) {
            wait_until_read(stream);
        }
    }
    return 0;
}
