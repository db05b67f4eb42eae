#define _GNU_SOURCE
#include "leak_check.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crc32.h"
#include "kernel_objects.h"
#include "memory.h"
#include "processes.h"

enum {
    MEMORY_SLACK = 4 << 20,
    // gVisor's own heap: what it holds for processes and files that are gone, until its garbage is collected.
    KERNEL_SLACK = 64 << 20,
    PATIENCE_ROUNDS = 250, // of a millisecond
    TEXT_BYTES = 4096,
};

// What the program would have to reach contained to change.
struct process_state {
    sigset_t blocked;
    struct rlimit limits[RLIM_NLIMITS];
    mode_t umask;
    int nice;
    uint32_t descriptors; // sums over all that there are
    uint32_t mounts;
    uint64_t folders; // where other containers of the pod, or a way around the mounts, could leave something
    char working_folder[256];
};

static bool is_alone; // process 1: all that /proc shows, all that is mounted, and all in the folders is the sandbox's
static bool is_gvisor;
static struct process_state before;
static struct kernel_objects objects_before;
static int watched = -1; // the run's network namespace
static dev_t device_before;
static uint64_t memory_before;
static uint64_t kernel_before;
static uint64_t key; // that no program knows, else it could choose names which add up to nothing

static uint64_t mixed(uint64_t value) {
    value ^= key;
    value = (value ^ value >> 33) * 0xff51afd7ed558ccd;
    value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53;
    return value ^ value >> 33;
}

// What lies in a folder, in whatever order it comes; 0 where there is none, or none that could be written to.
static uint64_t sum_of_folder(const char *path) {
    uint64_t sum = 0;
    DIR *folder = access(path, W_OK) == 0 ? opendir(path) : NULL;
    for (struct dirent *entry = folder == NULL ? NULL : readdir(folder); entry != NULL; entry = readdir(folder)) {
        struct stat status = {0};
        char text[512];
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW);
            int length = snprintf(text, sizeof text, "%s/%s %llu %lld", path, entry->d_name,
                                  (unsigned long long) status.st_ino, (long long) status.st_size);
            sum += mixed(crc32_add(0, (const uint8_t *) text, (size_t) length));
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return sum;
}

// Descriptors by their numbers alone: a pipe may be replaced by nobody, and their links cost more to read.
static uint32_t sum_of_descriptors(void) {
    uint32_t sum = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) {
        return UINT32_MAX;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (atoi(entry->d_name) != dirfd(folder) || entry->d_name[0] == '.') {
            sum += crc32_add(0, (const uint8_t *) entry->d_name, strlen(entry->d_name));
        }
    }
    closedir(folder);
    return sum;
}

static uint32_t sum_of_mounts(void) {
    static uint8_t text[TEXT_BYTES];
    uint32_t sum = 0;
    ssize_t length = 0;
    int file = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    while (file >= 0 && (length = read(file, text, sizeof text)) > 0) {
        sum = crc32_add(sum, text, (size_t) length);
    }
    if (file >= 0) {
        close(file);
    }
    return sum;
}

static void read_process_state(struct process_state *state, const char *tmpfs_folder) {
    memset(state, 0, sizeof *state); // compared byte by byte
    sigset_t blocked;
    sigemptyset(&state->blocked);
    sigemptyset(&blocked);
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&blocked, number) == 1) {
            sigaddset(&state->blocked, number);
        }
    }
    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
        getrlimit((__rlimit_resource_t) resource, &state->limits[resource]);
    }
    state->umask = umask(0);
    umask(state->umask);
    state->nice = getpriority(PRIO_PROCESS, 0);
    state->descriptors = sum_of_descriptors();
    if (getcwd(state->working_folder, sizeof state->working_folder) == NULL) {
        state->working_folder[0] = 0;
    }
    if (is_alone) {
        state->mounts = sum_of_mounts();
        state->folders = sum_of_folder("/tmp") + sum_of_folder("/dev/shm") + sum_of_folder("/dev/mqueue") +
                       sum_of_folder(tmpfs_folder);
    }
}

int leak_check_remember(bool kernel_is_gvisor, const char *tmpfs_folder) {
    is_alone = getpid() == 1;
    is_gvisor = kernel_is_gvisor;
    if (getrandom(&key, sizeof key, 0) != sizeof key) {
        return -1;
    }
    read_process_state(&before, tmpfs_folder);
    if (is_alone && is_gvisor) {
        objects_before = kernel_objects_count();
    }
    return 0;
}

void leak_check_watch(pid_t init) {
    watched = is_gvisor ? kernel_objects_watch_network(init) : kernel_objects_watch_sockets(init);
}

struct seen {
    bool oneself; // else the look was none
    int others;
};

static void see(int proc, pid_t process, void *context) {
    struct seen *seen = context;
    pid_t self = getpid();
    seen->oneself |= process == self;
    seen->others += process != self && (is_alone || processes_descends(proc, process, self));
}

static void wait_a_moment(void) {
    nanosleep(&(struct timespec) {.tv_nsec = 1000000}, NULL);
}

bool leak_check_has_others(void) {
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct seen seen = {0};
    if (proc >= 0) {
        processes_each(proc, see, &seen);
        close(proc);
    }
    return !seen.oneself || seen.others > 0;
}

// Those that still go are given a moment: gVisor's processes may end after their process 1.
static bool others_stay(void) {
    bool are_there = leak_check_has_others();
    for (int round = 1; are_there && round < PATIENCE_ROUNDS; round++) {
        wait_a_moment();
        are_there = leak_check_has_others();
    }
    return are_there;
}

// Files that are sent over a local socket, which keeps them while nobody receives them, cannot outlive it. Linux ends a socket that keeps
// itself alive in this way, but only when it looks for one, which the end of any other has it do, and in its own time. gVisor never does.
static bool has_network(void) {
    if (is_gvisor) {
        return kernel_objects_has_network(watched);
    }
    int any = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (any >= 0) {
        close(any);
    }
    return kernel_objects_has_sockets(watched);
}

static bool sockets_are_left(void) {
    bool are_left = has_network();
    for (int round = 0; are_left && round < PATIENCE_ROUNDS; round++) {
        wait_a_moment();
        are_left = has_network();
    }
    if (watched >= 0) {
        close(watched);
        watched = -1;
    }
    return are_left;
}

static const char *objects_left(void) {
    struct kernel_objects now = objects_before;
    for (int round = 0; is_alone && is_gvisor; round++) {
        now = kernel_objects_count();
        if (memcmp(&objects_before, &now, sizeof now) == 0 || round == PATIENCE_ROUNDS) {
            break;
        }
        wait_a_moment();
    }
    if (now.local_sockets < 0) {
        return "the kernel does not tell what sockets there are";
    }
    if (now.terminals != objects_before.terminals) {
        return "a terminal is left";
    }
    return memcmp(&objects_before, &now, sizeof now) == 0 ? NULL : "a socket is left";
}

static const char *difference(const struct process_state *now) {
    if (before.descriptors != now->descriptors) {
        return "its open descriptors are others";
    }
    if (before.mounts != now->mounts) {
        return "its mounts are others";
    }
    if (before.folders != now->folders) {
        return "the sandbox's own folders are not as they were";
    }
    return memcmp(&before, now, sizeof before) == 0 ? NULL : "its own limits, signal mask, umask, nice value or folder are others";
}

const char *leak_check(const char *tmpfs_folder) {
    static struct process_state now;
    if (others_stay()) {
        return "a process is left";
    }
    if (sockets_are_left()) {
        return "a socket is left";
    }
    const char *left = objects_left();
    if (left != NULL) {
        return left;
    }
    read_process_state(&now, tmpfs_folder);
    return difference(&now);
}

// gVisor gives a file system the lowest number that is free: while one of an earlier environment is still there, the next one's are others.
// And it is, as long as anything holds one of its files, the read-only ones of the image included.
static dev_t device_of(int folder) {
    struct stat status = {0};
    return fstat(folder, &status) == 0 ? status.st_dev : 0;
}

void leak_check_remember_env(int folder) {
    device_before = device_of(folder);
    memory_before = is_gvisor ? memory_in_use() : 0;
    kernel_before = is_gvisor ? memory_of_kernel() : 0;
}

bool leak_check_is_comparable(int folder) {
    return !is_gvisor || (device_before != 0 && device_of(folder) == device_before);
}

const char *leak_check_env(int folder, uint64_t cached_bytes) {
    if (!leak_check_is_comparable(folder)) {
        return "a file is left";
    }
    for (int round = 0; is_gvisor && memory_in_use() > memory_before + cached_bytes + MEMORY_SLACK; round++) {
        if (round == PATIENCE_ROUNDS) {
            return "memory is still in use";
        }
        wait_a_moment();
    }
    if (is_gvisor && memory_of_kernel() > kernel_before + KERNEL_SLACK) {
        return "the kernel's own memory is still in use";
    }
    return NULL;
}
