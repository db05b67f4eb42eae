// contained itself: speaks frames with the runner, and with init and the program on the other side.
#ifndef SANDPOOL_SESSION_H
#define SANDPOOL_SESSION_H

#include "collect.h"
#include "cpu.h"
#include "expand.h"
#include "kept.h"
#include "memory.h"
#include "output.h"
#include "shrink.h"
#include "world.h"

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

// All that is about one run and the world that was made for it. It is cleared as a whole between two runs.
struct run {
    struct world world;
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

struct session {
    const char *tmpfs_folder;
    const char *root_folder;
    int signals;
    bool is_leaving; // ends after the run that goes on
    bool has_said_all; // its only run's EXIT is written: it ends when the runner has read it
    unsigned runs; // served so far
    uint64_t tmpfs_wanted; // as large as the last run's: so is the next one's, where nobody changes limits
    struct kept kept;
    struct run run;

    bool is_stalled; // frames wait in `input`: there is no room for an answer, or EXIT has to go out first
    bool is_deaf;    // after a protocol error nothing that comes down is looked at
    struct output out;
    size_t input_size;
    struct buffers *buffers;
    struct shrinker *shrinker; // of output
    struct expander *expander; // of programs
    struct collector *collector; // of the files that a program leaves
};

// warmup.c: what is done once, and then the program's world. -1 and a line on standard error when that cannot be done.
int session_prepare(struct session *session, const char *tmpfs_folder, const char *root_folder);
int warmup_make_world(struct session *session);

// renew.c: after a run, all of it taken away, proved to be so, and made anew. Else -1 and a line on standard error.
bool renew_is_wanted(const struct session *session);
int renew(struct session *session);

// session.c: serves runs; what main returns.
int session_serve(struct session *session);

// input.c: what came down. Null, or what was wrong with it.
const char *input_handle(struct session *session, const struct frame *frame);

// files.c: the working files. Null, or what was wrong with the frame.
const char *files_begin(struct session *session, const struct file *file);
const char *files_add(struct session *session, const uint8_t *bytes, size_t length);

// Where the program's folder is an ordinary one, what lies in it.
void files_remove(const struct world *world);

// run.c: the steps of a run.
void run_start(struct session *session, const uint8_t *payload, size_t length);
void run_launch(struct session *session, const uint8_t *payload, size_t length);
void run_hear_launch(struct session *session);
void run_hear_init(struct session *session);

// ending.c: how it ends, and the end of its processes.
void run_end(struct session *session, enum outcome outcome, const char *message);
void run_fail(struct session *session, const char *what); // as an internal error, of errno
void run_reap(struct session *session);
bool run_is_settled(const struct session *session);

// Ends every process of the program's world and waits for the last.
void run_kill_all(struct session *session);

// limits.c: what has to be looked at while the program runs.
void run_tick(struct session *session, uint64_t now);
void limits_hear_memory(struct session *session, uint64_t used);
void limits_hear_cpu(struct session *session, const struct cpu_used *used);
uint64_t limits_next(const struct session *session); // when run_tick() has something to do; UINT64_MAX: never
bool limits_cpu_exceeded(const struct session *session, uint64_t micros);

// streams.c: what goes to the program's standard input, and what comes from its outputs.
void run_feed(struct session *session);
void run_drain(struct session *session, bool is_stdout_ready, bool is_stderr_ready);
void run_cut_output(struct session *session); // what was not read of it is dropped
uint64_t run_gathers_until(const struct run *run); // its output is not to be read before

uint64_t session_now(void);

// If it is open; it is -1 then.
void session_close(int *descriptor);

#endif
