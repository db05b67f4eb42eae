// The program's file, and what is said when it cannot be started.
#ifndef SANDPOOL_PROGRAM_H
#define SANDPOOL_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// False for an ELF file that was cut off: its headers, its entry or its sections are not all there. The kernel starts many of those, and
// the program dies of SIGBUS where the file ends; what was cut off on its way should be told from a program that crashes.
bool program_is_whole(int file, uint64_t bytes);

// What errno means, as Go says it.
void program_words(int error, char *words, size_t size);

// As Go says it, whose programs' users know the sentence: "fork/exec /tmpfs/play: exec format error". `path` is what could not
// be executed.
void program_failure(const char *path, int error, char *message, size_t size);

#endif
