// Ends with the status in its first argument, or by the signal in it when that is negative.
#include <signal.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    int code = argc > 1 ? atoi(argv[1]) : 0;
    if (code < 0) {
        raise(-code);
        return 99;
    }
    return code;
}
