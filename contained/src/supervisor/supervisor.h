// Joins one stream to one inner sandbox after the other: docs/protocol.md, "The supervisor".
#ifndef SANDPOOL_SUPERVISOR_H
#define SANDPOOL_SUPERVISOR_H

#include "inner.h"
#include "relay.h"

enum phase {
    PHASE_SILENT,  // nothing has come down: HELLO waits for that
    PHASE_GREETED, // HELLO of the inner sandbox that the stream is joined to is out
    PHASE_RUNNING, // since START
    PHASE_BETWEEN, // since EXIT: the next HELLO goes out by itself
    PHASE_LEAVING, // writes what is left: until the runner hangs up, or `ending` has come
};

// What has to follow.
enum step { STEP_GO_ON, STEP_END, STEP_FAIL };

struct supervisor {
    struct places places;
    int signals;
    enum phase phase;
    struct inner current; // joined to the stream
    struct inner next;    // starting, or ready
    bool has_remains;     // processes of one that was killed
    unsigned served;      // runs
    unsigned failures;    // of starts since the stream was last joined

    struct relay down;
    struct relay up;
    bool down_waits;      // what comes next is for an inner sandbox that is not ready
    bool drops_run;       // frames that belong to a run are late, until START
    bool ignores_input;   // the frames cannot be told apart any more
    bool exit_is_coming;  // its header was passed
    bool is_last_run;     // the one that goes on, or the one before: none begins
    uint64_t started_at;  // the run
    uint64_t exit_at;     // of the last run
    uint64_t leaving_at;
    enum step ending; // what follows in PHASE_LEAVING when all is written; STEP_GO_ON: nothing, the runner hangs up
};

// Microseconds of the monotonic clock.
uint64_t supervisor_now(void);

// supervisor.c: serves until the end; what main returns.
int supervisor_serve(struct supervisor *supervisor);

// reason.c: says in one line, which is cut off if it is too long, why the supervisor ends: on standard error and, for the first of them,
// in the file that a kubelet shows as the reason of a container's end, if there is one. STEP_FAIL.
enum step reason_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// forward.c: what came down, and what came up.
enum step forward_down(struct supervisor *supervisor);
enum step forward_up(struct supervisor *supervisor);

// Joins the stream to the next inner sandbox, and says so with its HELLO. False: that is not ready, or one that was killed has not ended.
bool forward_join(struct supervisor *supervisor);

// children.c: reaps those that have ended, and kills those that lost their runsc. Sets has_remains.
void children_reap(struct supervisor *supervisor);

#endif
