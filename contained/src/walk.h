// Searches the program's folder for files that patterns ask for. Name by name, from the folder's descriptor, through no link.
#ifndef SANDPOOL_WALK_H
#define SANDPOOL_WALK_H

#include <sys/types.h>

#include "frames.h"

enum {
    WALK_BYTES = 2048, // of entries at once; the largest entry has 280
    // More than any build leaves. In gVisor they take a few tenths of a second.
    MAX_WALK_ENTRIES = 100000,
};

struct walk_level {
    int folder;
    size_t path_length;
    size_t at;
    size_t end;
    _Alignas(uint64_t) char entries[WALK_BYTES];
};

struct walk {
    unsigned depth; // of the levels that are open
    unsigned visited;
    dev_t device; // of the program's folder
    char path[2 * PATH_BYTES + 2];
    struct walk_level levels[PATH_COMPONENTS];
};

enum walked {
    WALKED_ON,      // nothing yet
    WALKED_TO_FILE, // found->file is open, and a regular file
    WALKED_PAST,    // something that was asked for is left out: found->omission
    WALKED_CUT,     // there are more entries than it looks at
    WALKED_ALL,
};

// What was found last. The path is of bytes that may be any with OMISSION_BAD_NAME.
struct found {
    enum omission omission;
    int file;
    const char *path;
};

// From the program's folder. -1 and errno.
int walk_begin(struct walk *walk, int root);

// Looks at one more entry. All that patterns ask for comes once, but not what is asked for by its very name.
enum walked walk_next(struct walk *walk, const struct wanted_files *wanted, struct found *found);

void walk_end(struct walk *walk);

// What is asked for by its very name.
enum walked walk_to_name(int root, const char *path, struct found *found);

#endif
