#define _GNU_SOURCE
#include "mounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/magic.h>
#include <linux/mount.h>

#include "system_files.h"

#define SAFE (MS_NOSUID | MS_NODEV)

static bool is_folder(const char *path) {
    struct stat stat_buffer;
    return stat(path, &stat_buffer) == 0 && S_ISDIR(stat_buffer.st_mode);
}

static bool is_read_only(const char *path) {
    struct statvfs status;
    return statvfs(path, &status) == 0 && status.f_flag & ST_RDONLY;
}

// The whole tree at once where the kernel can (Linux 5.12), else the one mount (gVisor).
static int make_read_only(const char *path) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    if (syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof attributes) == 0) {
        return 0;
    }
    return mount("", path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
}

// Of a machine's own root only what programs need to run: no home, no state of services, no other users' files.
static bool is_shown(const struct child_env *env, const char *name) {
    static const char *const shown[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc"};
    static const char *const made[] = {".", "..", "proc", "sys", "dev", "tmp", "tmpfs"};
    if (env->root_folder != NULL) {
        for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
            if (strcmp(name, made[i]) == 0) {
                return false;
            }
        }
        return true;
    }
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        if (strcmp(name, shown[i]) == 0) {
            return true;
        }
    }
    return false;
}

// Shows `name` of the working folder, a file, folder or symbolic link, under the same name in `root`.
static int show(const char *root, const char *name) {
    char target[320];
    char link[256];
    snprintf(target, sizeof target, "%s/%s", root, name);
    ssize_t length = readlink(name, link, sizeof link - 1);
    if (length > 0) {
        link[length] = 0;
        return symlink(link, target);
    }
    if (is_folder(name)) {
        if (mkdir(target, 0755) != 0) {
            return -1;
        }
    } else if (mknod(target, S_IFREG | 0644, 0) != 0) {
        return -1;
    }
    return mount(name, target, NULL, MS_BIND | MS_REC, NULL);
}

static int fill_root(const struct child_env *env, const char *root) {
    DIR *folder = opendir(".");
    if (folder == NULL) {
        return -1;
    }
    int result = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL && result == 0; entry = readdir(folder)) {
        if (is_shown(env, entry->d_name)) {
            result = show(root, entry->d_name);
        }
    }
    closedir(folder);
    return result == 0 && chdir("/") == 0 ? show(root, "dev") : -1;
}

static int make_folder(const char *root, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return mkdir(path, 0755);
}

// While the old root is still there: the kernel grants a new /proc only to who sees a whole one already.
static void mount_proc(struct child_env *env, const char *target) {
    env->proc_is_own = env->namespaces & CLONE_NEWPID &&
                       mount("proc", target, "proc", SAFE | MS_NOEXEC, NULL) == 0;
}

// A root on a memory file system, with the shown parts of the old one bound into it, all read-only.
static int build_root(struct child_env *env) {
    const char *root = is_folder("/tmp") ? "/tmp" : "/mnt";
    if (chdir(env->root_folder == NULL ? "/" : env->root_folder) != 0 ||
        mount("root", root, "tmpfs", SAFE, "size=1m,mode=0755") != 0) {
        return -1;
    }
    if (fill_root(env, root) != 0 || make_folder(root, "proc") != 0 || make_folder(root, "tmp") != 0 ||
        make_folder(root, "tmpfs") != 0 || make_read_only(root) != 0) {
        return -1;
    }
    char proc[16];
    snprintf(proc, sizeof proc, "%s/proc", root);
    mount_proc(env, proc);
    if (!env->proc_is_own && mount("/proc", proc, NULL, MS_BIND | MS_REC, NULL) != 0) {
        return -1;
    }
    // Both at one place: the old root lies over the new one afterwards, and is taken off.
    if (chdir(root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0) {
        return -1;
    }
    return chdir("/");
}

static bool is_in(const char *path, const char *folder) {
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == 0 || path[length] == '/');
}

// A file system of the run's own that shows the files of another: a lock on one of them is not there for the next run, whatever holds it, and
// what is held of it can be told (leak_check.c). Overlays take two folders at least: the second is empty.
static int overlay(const char *path, const char *empty, const char *target) {
    char options[2200];
    int length = snprintf(options, sizeof options, "lowerdir=%s:%s", path, empty);
    unsigned long flags = MS_RDONLY | (is_in(path, "/dev") ? MS_NOSUID : SAFE);
    return length < (int) sizeof options ? mount("overlay", target, "overlay", flags, options) : -1;
}

static int mount_empty(const char *target) {
    return mount("none", target, "tmpfs", SAFE | MS_RDONLY, "size=4k,mode=0555");
}

// Where a run has mounts of its own.
static bool is_made_anew(const char *path) {
    static const char *const folders[] = {"/proc", "/tmp", "/tmpfs", "/dev/shm"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (is_in(path, folders[i])) {
            return true;
        }
    }
    return strcmp(path, "/") == 0;
}

// What is mounted at `path`, below `root`, so that no two runs have it in common. What could be written to, such as the kubelet's file for
// a last message, would be there for the next run, or on the node's disk: in place of such a file is /dev/null, of a folder an empty one.
// Other files are left out: no overlay can show them.
static int show_mount(const char *path, const char *empty, const char *root) {
    char target[1100];
    struct stat status;
    snprintf(target, sizeof target, "%s%s", root, path);
    if (stat(path, &status) != 0) {
        return -1;
    }
    bool is_writable = access(path, W_OK) == 0;
    if (S_ISDIR(status.st_mode)) {
        return is_writable ? mount_empty(target) : overlay(path, empty, target);
    }
    return is_writable && S_ISREG(status.st_mode) ? mount("/dev/null", target, NULL, MS_BIND, NULL) : 0;
}

static int show_mounts(const char *empty, const char *root) {
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    if (mounts == NULL) {
        return -1;
    }
    char line[4096];
    char path[1024];
    int result = 0;
    while (result == 0 && fgets(line, sizeof line, mounts) != NULL) {
        if (sscanf(line, "%*s %*s %*s %*s %1023s", path) == 1 && !is_made_anew(path)) {
            result = show_mount(path, empty, root);
        }
    }
    fclose(mounts);
    return result;
}

// All that programs see, the image's files and what is mounted there, as file systems of this run alone. The old ones are out of
// their sight then, what lies at /tmpfs among them. -1: nothing is at `root` that was not there before.
static int make_own_root(struct child_env *env, const char *root) {
    static const char empty[] = "/tmpfs";
    char proc[64];
    snprintf(proc, sizeof proc, "%s/proc", root);
    if (mount_empty(empty) != 0) {
        return -1;
    }
    if (overlay("/", empty, root) == 0) {
        if (show_mounts(empty, root) == 0) {
            mount_proc(env, proc);
            if (env->proc_is_own) {
                return 0;
            }
        }
        umount2(root, MNT_DETACH);
    }
    umount2(empty, MNT_DETACH);
    return -1;
}

// The same tree at another place, to be the root of the program, but not of its mount namespace: to a process with such a root no user
// namespace is granted, in which it would have capabilities again. In gVisor, instead of a filter; where it fails there is the filter.
static void enter_another_root(struct child_env *env, bool has_root) {
    bool is_own = !has_root && make_own_root(env, "/tmp") == 0;
    bool is_there = is_own || mount("/", "/tmp", NULL, MS_BIND | MS_REC, NULL) == 0;
    env->root_is_other = is_there && chroot("/tmp") == 0 && chdir("/") == 0;
    env->files_are_own = is_own && env->root_is_other;
}

static int make_folder_of_all(const char *path) {
    return mkdir(path, 0755) == 0 ? chmod(path, 01777) : -1;
}

// So that a leak from the next one shows: gVisor gives it the same number then (leak_check.c). Nothing is in it, and nobody has a file of it open.
static void unmount_files(void) {
    static const char *const paths[] = {"/dev/shm", "/tmpfs", "/tmp", "/tmp"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (is_folder(paths[i])) {
            (void) !umount2(paths[i], MNT_DETACH);
        }
    }
}

int mounts_resize(struct child_env *env, uint64_t bytes) {
    if (env->tmpfs != TMPFS_OWN || env->tmpfs_bytes == bytes) {
        return 0;
    }
    if (env->tmpfs_bytes > 0) {
        unmount_files();
    }
    char options[64];
    snprintf(options, sizeof options, "size=%llu,mode=0755", (unsigned long long) bytes);
    // One file system, so that one limit holds for all three folders; its own root is under the last mount, out of sight.
    // Not remounted: gVisor takes no new size.
    if (mount("program", "/tmp", "tmpfs", SAFE, options) != 0 || mkdir("/tmp/program", 0755) != 0 ||
        make_folder_of_all("/tmp/tmp") != 0 || make_folder_of_all("/tmp/shm") != 0 ||
        mount("/tmp/program", "/tmpfs", NULL, MS_BIND, NULL) != 0 ||
        (is_folder("/dev/shm") && mount("/tmp/shm", "/dev/shm", NULL, MS_BIND, NULL) != 0)) {
        return -1;
    }
    if (mount("/tmp/tmp", "/tmp", NULL, MS_BIND, NULL) != 0) {
        return -1;
    }
    env->tmpfs_bytes = bytes;
    return 0;
}

// No mount of its own could be had: the folder that was named, or one made for the purpose.
static void use_plain_folder(struct child_env *env) {
    if (strlen(env->tmpfs_folder) < sizeof env->program_folder && access(env->tmpfs_folder, W_OK) == 0) {
        strcpy(env->program_folder, env->tmpfs_folder);
    } else {
        strcpy(env->program_folder, "/tmp/sandpool-XXXXXX");
        if (mkdtemp(env->program_folder) == NULL) {
            return; // opening the program's file there reports it
        }
    }
    struct statfs status;
    bool is_memory = statfs(env->program_folder, &status) == 0 && status.f_type == TMPFS_MAGIC;
    env->tmpfs = is_memory ? TMPFS_SHARED : TMPFS_NONE;
}

// What else is mounted and could be written to, such as the kubelet's file for a last message: it would be there for the next run, or on
// the node's disk. A file is covered by /dev/null, a folder by an empty one. The run's own folders get their mounts later.
static int cover(const char *path) {
    static const char *const run_folders[] = {"/", "/tmp", "/tmpfs", "/dev/shm"};
    for (size_t i = 0; i < sizeof run_folders / sizeof *run_folders; i++) {
        if (strcmp(path, run_folders[i]) == 0) {
            return 0;
        }
    }
    struct stat status;
    if (stat(path, &status) != 0 || access(path, W_OK) != 0) {
        return 0;
    }
    if (S_ISDIR(status.st_mode)) {
        return mount_empty(path);
    }
    return S_ISREG(status.st_mode) ? mount("/dev/null", path, NULL, MS_BIND, NULL) : 0;
}

static int cover_others(void) {
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    if (mounts == NULL) {
        return -1;
    }
    char line[4096];
    char path[1024];
    int result = 0;
    while (result == 0 && fgets(line, sizeof line, mounts) != NULL) {
        if (sscanf(line, "%*s %*s %*s %*s %1023s", path) == 1) {
            result = cover(path);
        }
    }
    fclose(mounts);
    return result;
}

// A program may write to these files; that is no room for its own. Out of sight below the program's own /tmp.
static void mount_system_files(void) {
    if (mount("system-files", "/tmp", "tmpfs", SAFE, "size=64k,mode=0755") == 0) {
        system_files_prepare("/tmp");
    }
}

int mounts_prepare(struct child_env *env) {
    if (!(env->namespaces & CLONE_NEWNS) || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        use_plain_folder(env);
        return 0;
    }
    bool needs_root = env->root_folder != NULL || !is_folder("/tmpfs") || !is_folder("/tmp") || !is_read_only("/");
    bool has_root = needs_root && build_root(env) == 0;
    if (!has_root && env->root_folder != NULL) {
        return -1; // another root than the one that was named would be a surprise
    }
    if (env->is_gvisor) {
        enter_another_root(env, has_root);
    }
    if (!has_root) {
        if (chdir("/") == 0 && !is_read_only("/")) {
            make_read_only("/"); // a fact says whether it worked
        }
        if (!env->files_are_own) {
            mount_proc(env, "/proc");
        }
    }
    if (!env->files_are_own && cover_others() != 0) {
        return -1;
    }
    mount_system_files();
    env->tmpfs = TMPFS_OWN;
    env->tmpfs_bytes = 0;
    if (mounts_resize(env, env->tmpfs_wanted) == 0) {
        strcpy(env->program_folder, "/tmpfs");
    } else {
        use_plain_folder(env);
    }
    return 0;
}
