#define _GNU_SOURCE
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"
#include "pattern.h"

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

// gVisor follows a link that it opens with O_DIRECTORY, whatever O_NOFOLLOW says. So the name is looked at first: the program's
// processes have ended, and what is seen is there when it is opened. And nothing is mounted in the program's folder: what is of another
// device is none of its own. -1 and errno.
static int open_folder(int around, const char *name, dev_t device) {
    struct stat seen;
    struct stat status;
    if (fstatat(around, name, &seen, AT_SYMLINK_NOFOLLOW) != 0) {
        return -1;
    }
    errno = ENOTDIR;
    int folder = S_ISDIR(seen.st_mode) && seen.st_dev == device ? openat(around, name, OPEN_FOLDER) : -1;
    if (folder >= 0 && (fstat(folder, &status) != 0 || status.st_dev != device || status.st_ino != seen.st_ino)) {
        close(folder);
        errno = ENOTDIR;
        folder = -1;
    }
    return folder;
}

static enum walked leave_out(struct found *found, enum omission omission) {
    found->omission = omission;
    return WALKED_PAST;
}

static enum omission omission_of(int error) {
    switch (error) {
    case ENOENT:
        return OMISSION_MISSING;
    case ENOTDIR:
    case ELOOP:
        return OMISSION_NOT_A_FILE;
    default:
        return OMISSION_UNREADABLE;
    }
}

static enum walked open_file(int folder, const char *name, dev_t device, struct found *found) {
    struct stat status;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return leave_out(found, omission_of(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return leave_out(found, OMISSION_NOT_A_FILE); // not even opened
    }
    found->file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (found->file < 0) {
        return leave_out(found, omission_of(errno));
    }
    if (fstat(found->file, &status) == 0 && S_ISREG(status.st_mode) && status.st_dev == device) {
        return WALKED_TO_FILE;
    }
    close(found->file);
    return leave_out(found, OMISSION_NOT_A_FILE);
}

enum walked walk_to_name(int root, const char *path, struct found *found) {
    char names[PATH_BYTES + 1];
    strcpy(names, path);
    found->path = path;
    char *name = names;
    struct stat status;
    int folder = fstat(root, &status) != 0 ? -1 : fcntl(root, F_DUPFD_CLOEXEC, 3);
    for (char *slash = strchr(name, '/'); folder >= 0 && slash != NULL; slash = strchr(name, '/')) {
        *slash = 0;
        int inner = open_folder(folder, name, status.st_dev);
        int error = errno;
        close(folder);
        errno = error;
        folder = inner;
        name = slash + 1;
    }
    if (folder < 0) {
        return leave_out(found, omission_of(errno));
    }
    enum walked walked = open_file(folder, name, status.st_dev, found);
    close(folder);
    return walked;
}

static bool is_asked_for(const struct wanted_files *wanted, const char *path) {
    bool matches = false;
    for (size_t i = 0; i < wanted->count; i++) {
        bool does = pattern_matches(wanted->patterns[i], path);
        if (does && pattern_is_literal(wanted->patterns[i])) {
            return false; // it was sent by its name
        }
        matches |= does;
    }
    return matches;
}

static bool is_on_the_way(const struct wanted_files *wanted, const char *folder) {
    for (size_t i = 0; i < wanted->count; i++) {
        if (!pattern_is_literal(wanted->patterns[i]) && pattern_leads_into(wanted->patterns[i], folder)) {
            return true;
        }
    }
    return false;
}

static void push(struct walk *walk, int folder, size_t path_length) {
    struct walk_level *level = &walk->levels[walk->depth++];
    level->folder = folder;
    level->path_length = path_length;
    level->at = level->end = 0;
}

static void pop(struct walk *walk) {
    close(walk->levels[--walk->depth].folder);
}

int walk_begin(struct walk *walk, int root) {
    walk->depth = walk->visited = 0;
    // Opened anew: a descriptor that is shared has one position.
    int folder = openat(root, ".", OPEN_FOLDER);
    struct stat status;
    if (folder < 0 || fstat(folder, &status) != 0) {
        return -1;
    }
    walk->device = status.st_dev;
    push(walk, folder, 0);
    return 0;
}

void walk_end(struct walk *walk) {
    while (walk->depth > 0) {
        pop(walk);
    }
}

static enum walked enter(struct walk *walk, int around, const char *name, bool has_name, struct found *found) {
    if (!has_name || walk->depth == PATH_COMPONENTS) {
        return leave_out(found, OMISSION_BAD_NAME); // so is all that lies in it
    }
    int folder = open_folder(around, name, walk->device);
    if (folder < 0) {
        return leave_out(found, omission_of(errno));
    }
    push(walk, folder, strlen(walk->path));
    return WALKED_ON;
}

static bool is_folder(const struct walk_level *level, const struct dirent64 *entry) {
    struct stat status;
    if (entry->d_type != DT_UNKNOWN) {
        return entry->d_type == DT_DIR;
    }
    return fstatat(level->folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

static enum walked look_at(struct walk *walk, const struct walk_level *level, const struct dirent64 *entry,
                           const struct wanted_files *wanted, struct found *found) {
    const char *name = entry->d_name;
    bool is_program = walk->depth == 1 && strcmp(name, "play") == 0;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || is_program) {
        return WALKED_ON;
    }
    if (walk->visited++ == MAX_WALK_ENTRIES) {
        return WALKED_CUT;
    }
    size_t length = level->path_length;
    if (length > 0) {
        walk->path[length++] = '/';
    }
    strcpy(walk->path + length, name);
    bool has_name = path_check((const uint8_t *) walk->path, strlen(walk->path)) == NULL;
    found->path = walk->path;
    if (is_folder(level, entry)) {
        return is_on_the_way(wanted, walk->path) ? enter(walk, level->folder, name, has_name, found) : WALKED_ON;
    }
    if (!is_asked_for(wanted, walk->path)) {
        return WALKED_ON;
    }
    return has_name ? open_file(level->folder, name, walk->device, found) : leave_out(found, OMISSION_BAD_NAME);
}

enum walked walk_next(struct walk *walk, const struct wanted_files *wanted, struct found *found) {
    if (walk->depth == 0) {
        return WALKED_ALL;
    }
    struct walk_level *level = &walk->levels[walk->depth - 1];
    if (level->at == level->end) {
        ssize_t length = getdents64(level->folder, level->entries, sizeof level->entries);
        level->at = 0;
        level->end = length > 0 ? (size_t) length : 0;
        if (length > 0) {
            return WALKED_ON;
        }
        walk->path[level->path_length] = 0;
        found->path = walk->path;
        pop(walk);
        return length < 0 ? leave_out(found, OMISSION_UNREADABLE) : WALKED_ON;
    }
    const struct dirent64 *entry = (const struct dirent64 *) (level->entries + level->at);
    level->at += entry->d_reclen;
    return look_at(walk, level, entry, wanted, found);
}
