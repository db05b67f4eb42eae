// How many tasks it may have, itself among them.
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    for (int tasks = 1;; tasks++) {
        pid_t child = fork();
        if (child == 0) {
            pause();
        }
        if (child < 0) {
            printf("%d, then %d", tasks, errno);
            return 0;
        }
    }
}
