// Ends with the exit status, or by the signal, that its arguments name.
#include <signal.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments) {
    if (count == 3 && strcmp(arguments[1], "signal") == 0) {
        raise(atoi(arguments[2]));
    }
    return atoi(arguments[count - 1]);
}
