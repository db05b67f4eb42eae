// Forks in every process that it becomes; says once, in the first, when it was refused.
#include <unistd.h>

int main(void) {
    pid_t first = getpid();
    int told = 0;
    for (;;) {
        if (fork() < 0 && getpid() == first && !told) {
            told = 1;
            (void) !write(1, "refused\n", 8);
        }
    }
}
