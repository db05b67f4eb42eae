// What runsc is given: an OCI bundle, and the command line that runs it.
#ifndef SANDPOOL_BUNDLE_H
#define SANDPOOL_BUNDLE_H

// A folder that every inner sandbox sees empty, as a memory file system of its own.
#define BUNDLE_FOLDER "/run"

// Writes config.json into BUNDLE_FOLDER. -1 and errno when it cannot.
int bundle_write(const char *root);

// runsc's arguments, and a null.
char **bundle_command(void);

#endif
