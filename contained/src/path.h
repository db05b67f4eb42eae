// Where a working file may lie, seen from the program's folder.
#ifndef SANDPOOL_PATH_H
#define SANDPOOL_PATH_H

#include <stddef.h>
#include <stdint.h>

enum {
    PATH_BYTES = 255,
    PATH_COMPONENTS = 16,
};

// Null when the path keeps all the rules of docs/protocol.md, else the one that it breaks.
const char *path_check(const uint8_t *path, size_t length);

#endif
