// The working files beside the program, and the end of all files that do not end by themselves.
#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ending.h"
#include "fd.h"
#include "program.h"

// A folder of the path, made if it is not there. Name by name, and never through a link: nothing that was laid there before
// leads out of the program's folder.
static int enter(int folder, const char *name) {
    bool is_new = mkdirat(folder, name, 0755) == 0;
    if (!is_new && errno != EEXIST) {
        return -1;
    }
    int inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner >= 0 && is_new && fchmod(inner, 0755) != 0) { // whatever the umask is
        fd_close(&inner);
    }
    return inner;
}

static int make(int folder, const char *name, unsigned mode) {
    int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (file >= 0 && fchmod(file, mode) != 0) {
        fd_close(&file);
    }
    return file;
}

// The new file, or -1 and errno.
static int make_with_folders(int root, const struct file *file) {
    char path[sizeof file->path];
    strcpy(path, file->path);
    char *name = path;
    int folder = fcntl(root, F_DUPFD_CLOEXEC, 3);
    for (char *slash = strchr(name, '/'); folder >= 0 && slash != NULL; slash = strchr(name, '/')) {
        *slash = 0;
        int inner = enter(folder, name);
        int error = errno;
        close(folder);
        errno = error;
        folder = inner;
        name = slash + 1;
    }
    if (folder < 0) {
        return -1;
    }
    int made = make(folder, name, file->mode);
    int error = errno;
    close(folder);
    errno = error;
    return made;
}

static void fail(struct session *session, int error) {
    char message[EXIT_MESSAGE];
    char words[128];
    program_words(error, words, sizeof words);
    snprintf(message, sizeof message, "cannot write %s: %s", session->run.files.path, words);
    ending_begin(session, OUTCOME_FAILED_TO_START, message);
}

const char *files_begin(struct session *session, const struct file *file) {
    struct working_files *files = &session->run.files;
    fd_close(&files->open);
    if (++files->count > MAX_FILES) {
        return "more than 1024 FILE frames";
    }
    strcpy(files->path, file->path);
    files->open = make_with_folders(session->run.memory.folder, file);
    if (files->open >= 0) {
        return NULL;
    }
    if (errno == EEXIST || errno == ENOTDIR || errno == ELOOP) {
        return "FILE whose path is taken";
    }
    fail(session, errno);
    return NULL;
}

const char *files_add(struct session *session, const uint8_t *bytes, size_t length) {
    struct working_files *files = &session->run.files;
    if (files->open < 0) {
        return "FILE_DATA before FILE";
    }
    files->bytes += length;
    if (files->bytes > session->run.limits.file_bytes) {
        return "more bytes in FILE_DATA frames than START allowed";
    }
    for (size_t done = 0; done < length;) {
        ssize_t written = write(files->open, bytes + done, length - done);
        if (written <= 0) {
            fail(session, written < 0 ? errno : ENOSPC);
            return NULL;
        }
        done += (size_t) written;
    }
    return NULL;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void) status;
    (void) kind;
    (void) walk;
    remove(path);
    return 0;
}

// A memory file system of the run's own is gone with it; an ordinary folder is not.
void files_remove(const struct child_env *env) {
    char path[sizeof env->program_folder + sizeof "/play"];
    if (env->tmpfs == TMPFS_OWN) {
        return;
    }
    if (strcmp(env->program_folder, env->tmpfs_folder) == 0) {
        snprintf(path, sizeof path, "%s/play", env->program_folder);
        unlink(path);
    } else {
        nftw(env->program_folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
}
