// Holds contained's patterns against the golden file, and folders against what lies in them. Names what differs.
#include <stdio.h>
#include <string.h>

#include "pattern.h"

enum { LINE = 1024 };

static int failed;

static void check(bool is_right, const char *what, const char *pattern, const char *path) {
    if (!is_right) {
        printf("%s %s: %s\n", pattern, path, what);
        failed++;
    }
}

// Whatever matches is found: a pattern leads into each folder on the way there.
static void check_folders(const char *pattern, const char *path) {
    char folder[LINE];
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int) (slash - path), path);
        check(pattern_leads_into(pattern, folder), "is not entered", pattern, folder);
    }
}

static void check_line(char *line) {
    char *pattern = strchr(line, '\t') + 1;
    char *path = strchr(pattern, '\t') + 1;
    pattern[-1] = path[-1] = 0;
    bool is_match = strcmp(line, "yes") == 0;
    check(pattern_check((const uint8_t *) pattern, strlen(pattern)) == NULL, "is refused", pattern, path);
    check(pattern_matches(pattern, path) == is_match, "differs", pattern, path);
    if (is_match) {
        check_folders(pattern, path);
    }
}

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    char line[LINE];
    int lines = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = 0;
        if (line[0] != 0 && line[0] != '#') {
            check_line(line);
            lines++;
        }
    }
    check(!pattern_leads_into("a/b", "b"), "is entered", "a/b", "b");
    check(!pattern_leads_into("*.txt", "a.txt"), "is entered", "*.txt", "a.txt");
    check(!pattern_leads_into("a/*", "a/b"), "is entered", "a/*", "a/b");
    check(pattern_leads_into("a/**", "a/b/c"), "is not entered", "a/**", "a/b/c");
    check(pattern_matches("?", "\xff") && !pattern_matches("?", "\xff\xff"), "differs", "?", "bytes that are not UTF-8");
    printf("%d lines, %d failed\n", lines, failed);
    return lines == 0 || failed > 0;
}
