// The environment of a run: what contained, init and the program's process know in common. Each has its own copy: contained
// makes it, init fills it in, and the process that becomes the program is forked from init with what init knew.
#ifndef SANDPOOL_CHILD_ENV_H
#define SANDPOOL_CHILD_ENV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "frames.h"

#define CONTAINED_VERSION "0.1.0"
#define PROGRAM_PATH "/tmpfs/play"
#define HOST_NAME "sandbox"

enum {
    PROGRAM_BYTES_MIB = 100,
    // What the program may write into its folder and /tmp together, beside its own file.
    WORKING_FILES_MIB = 64,
};

#define MIB ((uint64_t) 1 << 20)

enum tmpfs_kind { TMPFS_OWN, TMPFS_SHARED, TMPFS_NONE };

struct child_env {
    const char *tmpfs_folder; // --tmpfs: the program's folder when no mount namespace could be had
    const char *root_folder;  // --root: becomes the program's root; null: the root there is
    uint64_t cached_bytes;    // bytes of the last program
    unsigned runs;            // that contained served before
    int namespaces;           // CLONE_NEW… flags of those that were had
    bool is_gvisor;           // the kernel
    bool was_root;
    uid_t uid; // the program's
    gid_t gid;
    bool token_mounted;
    bool proc_is_own;
    bool root_is_other; // than the mount namespace's
    bool files_are_own; // gVisor: all that the program sees is of file systems that were made for it
    enum tmpfs_kind tmpfs;
    uint64_t tmpfs_bytes;
    uint64_t tmpfs_wanted; // at the warm-up
    char program_folder[64];

    // Each a pair of ends: [0] stays with contained, [1] goes to init or the program.
    int control[2]; // contained and init: struct request down, struct reply up
    int launch[2];  // contained and the program to be: facts up, START and PROGRAM_END down, errno up; closed by execve
    int standard_input[2];
    int standard_output[2];
    int standard_error[2];
};

// REQUEST_START says how large the memory file system has to be; REPLY_FILES answers it only if it is not so large already.
// REQUEST_MEMORY says what the limit is; REPLY_MEMORY answers it. REPLY_CPU answers REQUEST_CPU. REQUEST_SIGNAL says which.
enum request_type { REQUEST_SETTLE = 1, REQUEST_START, REQUEST_MEMORY, REQUEST_CPU, REQUEST_INTERRUPT, REQUEST_SIGNAL, REQUEST_KILL };

struct request {
    uint32_t type;
    uint64_t number;
};

enum reply_type { REPLY_READY = 1, REPLY_FILES, REPLY_MEMORY, REPLY_CPU, REPLY_ENDED };

// REPLY_READY and REPLY_FILES bring descriptors along: the program's file and its folder.
enum { REPLY_PROGRAM, REPLY_FOLDER, REPLY_DESCRIPTORS };

// Microseconds of CPU time, counted in two ways: see cpu.h.
struct cpu_used {
    uint64_t inherited;
    uint64_t seen;
};

struct reply {
    uint32_t type;
    int32_t error;  // errno, of READY and TMPFS
    int32_t status; // as wait4 gives it, of ENDED
    uint32_t tmpfs;
    uint32_t files_are_own;
    uint64_t tmpfs_bytes;
    char program_folder[64];
    struct cpu_used cpu; // of CPU
    uint64_t user_micros; // of ENDED
    uint64_t system_micros;
    uint64_t memory_bytes; // in use, of MEMORY; the largest that the kernel noted, of ENDED
};

#endif
