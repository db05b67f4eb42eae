// Tells its arguments and its environment, each ended by a NUL.
#include <stdio.h>
#include <string.h>

extern char **environ;

int main(int count, char **arguments) {
    for (int i = 0; i < count; i++) {
        fwrite(arguments[i], 1, strlen(arguments[i]) + 1, stdout);
    }
    for (char **variable = environ; *variable != NULL; variable++) {
        fwrite(*variable, 1, strlen(*variable) + 1, stdout);
    }
    return 0;
}
