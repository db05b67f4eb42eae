#include "pattern.h"

#include <string.h>

#include "path.h"

static size_t component(const char *at) {
    return strcspn(at, "/");
}

// The component after the one at `at`; null after the last.
static const char *following(const char *at) {
    const char *end = at + component(at);
    return *end == 0 ? NULL : end + 1;
}

static bool is_any_folders(const char *at) {
    return component(at) == 2 && at[0] == '*' && at[1] == '*';
}

const char *pattern_check(const uint8_t *pattern, size_t length) {
    const char *error = path_check(pattern, length);
    if (error != NULL) {
        return error;
    }
    unsigned any_folders = 0;
    for (size_t at = 0; at + 1 < length; at++) {
        if (pattern[at] != '*' || pattern[at + 1] != '*') {
            continue;
        }
        bool begins = at == 0 || pattern[at - 1] == '/';
        bool ends = at + 2 == length || pattern[at + 2] == '/';
        if (!begins || !ends) {
            return "file pattern with ** that is not a whole component";
        }
        any_folders++;
    }
    // More than one would make the time that a match takes grow with each.
    return any_folders > 1 ? "file pattern with ** more than once" : NULL;
}

bool pattern_is_literal(const char *pattern) {
    return strpbrk(pattern, "*?") == NULL;
}

// A byte that is none of UTF-8 counts as a character, so that names of any bytes can match.
static size_t character(const char *at, const char *end) {
    size_t size = 1;
    while (at + size < end && ((uint8_t) at[size] & 0xc0) == 0x80 && ((uint8_t) at[0] & 0xc0) == 0xc0) {
        size++;
    }
    return size;
}

// The last * takes one more character each time that what follows it does not match.
static bool matches_name(const char *pattern, const char *name) {
    const char *pattern_end = pattern + component(pattern);
    const char *name_end = name + component(name);
    const char *after_star = NULL;
    const char *retry = NULL;
    while (name < name_end) {
        if (pattern < pattern_end && *pattern == '*') {
            after_star = ++pattern;
            retry = name;
        } else if (pattern < pattern_end && *pattern == '?') {
            pattern++;
            name += character(name, name_end);
        } else if (pattern < pattern_end && *pattern == *name) {
            pattern++;
            name++;
        } else if (after_star != NULL) {
            pattern = after_star;
            retry += character(retry, name_end);
            name = retry;
        } else {
            return false;
        }
    }
    while (pattern < pattern_end && *pattern == '*') {
        pattern++;
    }
    return pattern == pattern_end;
}

// Both are at the beginning of a component, or null behind the last. `is_folder`: of what lies below the path.
static bool matches(const char *pattern, const char *path, bool is_folder) {
    if (path == NULL) {
        return is_folder ? pattern != NULL : pattern == NULL;
    }
    if (pattern == NULL) {
        return false;
    }
    if (!is_any_folders(pattern)) {
        return matches_name(pattern, path) && matches(following(pattern), following(path), is_folder);
    }
    // At the end it stands for all that lies in the folder.
    return following(pattern) == NULL || matches(following(pattern), path, is_folder) ||
           matches(pattern, following(path), is_folder);
}

bool pattern_matches(const char *pattern, const char *path) {
    return matches(pattern, path, false);
}

bool pattern_leads_into(const char *pattern, const char *folder) {
    return matches(pattern, folder, true);
}
