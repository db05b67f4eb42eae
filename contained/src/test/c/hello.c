#include <stdio.h>

int main(void) {
    puts("Hello, sandbox");
    return 0;
}
