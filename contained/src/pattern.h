// Which files of the program's folder are asked for: a path, or a pattern of paths, by the rules of docs/protocol.md.
#ifndef SANDPOOL_PATTERN_H
#define SANDPOOL_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Null when the pattern keeps all the rules, else the one that it breaks.
const char *pattern_check(const uint8_t *pattern, size_t length);

// Whether it names one file only.
bool pattern_is_literal(const char *pattern);

// Both are checked patterns; the path may be of any bytes.
bool pattern_matches(const char *pattern, const char *path);
bool pattern_leads_into(const char *pattern, const char *folder); // something below the folder may match
#endif
