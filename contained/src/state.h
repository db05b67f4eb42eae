// All that contained remembers: of itself, and of one run.
#ifndef SANDPOOL_STATE_H
#define SANDPOOL_STATE_H

#include "child_env.h"
#include "cpu.h"
#include "expand.h"
#include "memory.h"
#include "output.h"
#include "program_cache.h"
#include "shrink.h"

enum state {
    STATE_WARM,
    STATE_UPLOADING, // since START
    STATE_LAUNCHING, // since PROGRAM_END
    STATE_RUNNING,   // since execve
    STATE_ENDING,    // how it ended is known; processes and output remain
    STATE_REPORTED,  // EXIT is on its way
};

struct stream {
    enum frame_type type;
    int pipe; // -1 at its end
    uint64_t sent;
    uint32_t crc;
    struct shrink_tries tries;
};

// The working file that comes in, and what came in before.
struct working_files {
    int open; // -1: none
    char path[PATH_BYTES + 1];
    unsigned count;
    uint64_t bytes;
};

// The CPU time of the program and its descendants, as looks found it.
struct cpu_looks {
    uint64_t looked_at;
    uint64_t interval;
    bool is_looking; // init was asked, and has not answered
    uint64_t inherited[3]; // the last looks, the newest first
    uint64_t used; // the most that is certain
};

// All that is about one run and the environment that was made for it. It is cleared as a whole between two runs.
struct run {
    struct child_env env;
    struct facts facts;
    struct memory memory;
    pid_t init; // 0 once reaped
    int program; // its file, open until it starts

    enum state state;
    bool greeted;
    bool has_run; // execve succeeded
    bool has_ended; // init said how
    bool interrupted;
    bool natural_end; // by itself, not by a limit
    struct limits limits;
    struct exit_report report;

    // Microseconds of the monotonic clock.
    uint64_t started_at;  // START
    uint64_t launched_at; // execve
    uint64_t user_before; // CPU time of the program's process until then
    uint64_t system_before;
    uint64_t ending_since;
    uint64_t kill_again_at; // its process 1, which takes a while to go
    uint64_t looked_at; // the memory
    bool is_looking;    // init was asked, and has not answered
    int looks_over;     // over the memory limit, one after the other
    struct cpu_looks cpu;

    struct working_files files;
    uint64_t program_bytes;
    char executed[PATH_BYTES + 1]; // what a failure to start names
    struct stream output[2];
    uint64_t small_reads_until; // as if each had taken a while, one after the other
    size_t standard_input_size;    // in the buffer, not yet written to the program
    uint32_t standard_input_taken; // written to the program, not yet acknowledged
    bool standard_input_ended;
};

// What would be copied for each run if it lay in the session.
struct buffers {
    uint8_t input[4 * FRAME_BYTES];
    uint8_t output[OUTPUT_BYTES];
    uint8_t standard_input[STDIN_WINDOW]; // on its way to the program
    struct cpu_seen cpu_seen;             // in gVisor; on Linux init remembers
};

struct collector;

struct session {
    const char *tmpfs_folder;
    const char *root_folder;
    int signals;
    bool is_leaving; // ends after the run that goes on, or when the last EXIT has been read
    uint64_t said_at; // when the last EXIT was written; 0: not yet
    bool has_said_all; // there is no run after that EXIT: it ends when the runner has read it
    unsigned runs; // served so far
    uint64_t tmpfs_wanted; // as large as the last run's: so is the next one's, where nobody changes limits
    struct program_cache cache;
    struct run run;

    bool is_stalled; // frames wait in `input`: there is no room for an answer, or EXIT has to go out first
    bool ignores_input; // after a protocol error, all that comes down
    struct output out;
    size_t input_size;
    struct buffers *buffers;
    struct shrinker *shrinker; // of output
    struct expander *expander; // of programs
    struct collector *collector; // of the files that a program leaves
};

#endif
