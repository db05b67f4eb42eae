// What a program reads of where it runs: neutral names instead of the pod's, and its own limit of memory instead of the pod's.
#ifndef SANDPOOL_SYSTEM_FILES_H
#define SANDPOOL_SYSTEM_FILES_H

#include <stdint.h>

// init: makes the files in this folder, and mounts each over the one that it replaces, where there is one.
void system_files_prepare(const char *folder);

// The process that becomes the program: the limit that START brought, in bytes; 0: none, and what was there before stays.
void system_files_set_memory(uint64_t limit);

#endif
