#include <stdio.h>

int main(int argc, char **argv) {
    puts("hello");
    for (int i = 0; i < argc; i++)
        fprintf(stderr, "%d=%s\n", i, argv[i]);
    return 0;
}
