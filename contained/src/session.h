// contained itself: speaks frames with the runner, and with init and the program on the other side.
#ifndef SANDPOOL_SESSION_H
#define SANDPOOL_SESSION_H

#include "memory.h"
#include "output.h"
#include "world.h"

// Microseconds between two looks at the program's memory. A look costs 0.1 to 0.3 ms in gVisor; a program there touches
// about 2 MiB in the meantime.
enum { MEMORY_INTERVAL = 10000 };

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
};

struct session {
    struct world world;
    struct facts facts;
    struct memory memory;
    pid_t init; // 0 once reaped
    int signals;
    int program; // its file, open until it starts

    enum state state;
    bool greeted;
    bool is_stalled; // frames wait in `input` because there is no room for an answer
    bool is_deaf; // after a protocol error nothing that comes down is looked at
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
    int looks_over;        // over the memory limit, one after the other

    uint64_t program_bytes;
    char executed[PATH_BYTES + 1]; // what a failure to start names
    struct stream output[2];
    size_t standard_input_size;    // in standard_input, not yet written to the program
    uint32_t standard_input_taken; // written to the program, not yet acknowledged
    bool standard_input_ended;

    struct output out;
    size_t input_size;
    uint8_t input[4 * FRAME_BYTES];
    uint8_t standard_input[STDIN_WINDOW];
};

// warmup.c: makes the program's world. -1 and a line on standard error when that cannot be done.
int session_prepare(struct session *session, const char *tmpfs_folder, const char *root_folder);

// session.c: serves one run; what main returns.
int session_serve(struct session *session);

// input.c: what came down. Null, or what was wrong with it.
const char *input_handle(struct session *session, const struct frame *frame);

// run.c: the steps of a run.
void run_start(struct session *session, const uint8_t *payload, size_t length);
void run_launch(struct session *session, const uint8_t *payload, size_t length);
void run_hear_launch(struct session *session);
void run_hear_init(struct session *session);
void run_tick(struct session *session, uint64_t now);
void run_end(struct session *session, enum outcome outcome, const char *message);
void run_reap(struct session *session);
bool run_is_settled(const struct session *session);

// Ends every process of the program's world and waits for the last.
void run_kill_all(struct session *session);

// streams.c: what goes to the program's standard input, and what comes from its outputs.
void run_feed(struct session *session);
void run_drain(struct session *session, struct stream *stream);

uint64_t session_now(void);

// If it is open; it is -1 then.
void session_close(int *descriptor);

#endif
