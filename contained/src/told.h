// What a program reads of where it runs: neutral names instead of the pod's, and its own limit of memory instead of the pod's.
#ifndef SANDPOOL_TOLD_H
#define SANDPOOL_TOLD_H

#include <stdint.h>

// init: makes the files in this folder, each over the one that it stands for, where there is one.
void told_prepare(const char *folder);

// The process that becomes the program: the limit that START brought, in bytes; 0: none, and what was there before stays.
void told_memory(uint64_t limit);

#endif
