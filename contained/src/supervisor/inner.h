// One inner sandbox: a runsc in namespaces of its own, and contained in gVisor at the other end of its pipes.
#ifndef SANDPOOL_INNER_H
#define SANDPOOL_INNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../frames.h"
#include "hello.h"

struct places {
    const char *runsc;
    const char *root; // the folder that the program sees as its root
};

enum { GREETING_BYTES = HELLO_BYTES + FRAME_HEADER + PING_BYTES };

struct inner {
    bool exists;
    bool is_ready; // has greeted
    pid_t runsc;   // 0 once reaped
    int input;     // where frames down are written
    int output;    // where frames up are read
    int errors;    // where its standard error is read
    uint64_t started_at;
    size_t hello_bytes; // the payload; the header is before it
    size_t greeting_bytes;
    uint8_t greeting[GREETING_BYTES]; // as it came in
    size_t errors_left; // bytes of standard error that are still passed on
};

// Starts one and asks it to greet. Null, or what cannot be done, for which errno says why.
const char *inner_start(struct inner *inner, const struct places *places, uint64_t now);

// Reads of the greeting what is there. Null, or what is wrong; is_ready says when all of it is there.
const char *inner_receive_greeting(struct inner *inner);

// Passes its standard error on, up to a bound.
void inner_pass_errors(struct inner *inner);

// Kills it and closes what led to it. Its processes have not ended yet when this returns.
void inner_kill(struct inner *inner);

#endif
