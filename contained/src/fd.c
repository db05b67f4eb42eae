
#include "fd.h"

#include <unistd.h>

void fd_close(int *descriptor) {
    if (*descriptor >= 0) {
        close(*descriptor);
        *descriptor = -1;
    }
}
