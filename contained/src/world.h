// What the processes of a sandbox know in common. Each has its own copy: contained makes it, init fills it in, and the
// process that becomes the program is forked from init with what init knew.
#ifndef SANDPOOL_WORLD_H
#define SANDPOOL_WORLD_H

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

struct world {
    const char *tmpfs_folder; // --tmpfs: the program's folder when no mount namespace could be had
    const char *root_folder;  // --root: becomes the program's root; null: the root there is
    uint64_t kept;            // bytes of the last program
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
    int control[2]; // contained and init: struct ask down, struct tell up
    int launch[2];  // contained and the program to be: facts up, START and PROGRAM_END down, errno up; closed by execve
    int standard_input[2];
    int standard_output[2];
    int standard_error[2];
};

// ASK_START says how large the memory file system has to be; TELL_FILES answers it only if it is not so large already.
// ASK_MEMORY says what the limit is; TELL_MEMORY answers it. TELL_CPU answers ASK_CPU. ASK_SIGNAL says which.
enum ask_what { ASK_SETTLE = 1, ASK_START, ASK_MEMORY, ASK_CPU, ASK_INTERRUPT, ASK_SIGNAL, ASK_KILL };

struct ask {
    uint32_t what;
    uint64_t number;
};

enum tell_what { TELL_READY = 1, TELL_FILES, TELL_MEMORY, TELL_CPU, TELL_ENDED };

// TELL_READY and TELL_FILES bring descriptors along: the program's file and its folder.
enum { TELL_PROGRAM, TELL_FOLDER, TELL_DESCRIPTORS };

// Microseconds of CPU time, counted in two ways: see cpu.h.
struct cpu_used {
    uint64_t inherited;
    uint64_t seen;
};

struct tell {
    uint32_t what;
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
