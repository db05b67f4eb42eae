// One direction of the stream. It looks at the headers of frames and at nothing else; what becomes of a frame is its owner's decision.
#ifndef SANDPOOL_RELAY_H
#define SANDPOOL_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../frames.h"

enum { RELAY_BYTES = 2 * FRAME_BYTES };

struct relay {
    enum frame_type first_type; // of its direction
    enum frame_type last_type;
    uint8_t *bytes;    // RELAY_BYTES
    size_t begin;      // the next byte to write
    size_t passed;     // the end of what may be written
    size_t end;        // the end of what was read
    size_t frame_left; // bytes of the current frame that have not been read yet, or not looked at
    bool is_dropping;  // the current frame
};

struct header {
    enum frame_type type;
    size_t length;
};

enum next { NEXT_FRAME, NEXT_MORE, NEXT_WRONG };

// Whether enough room is left to be worth a read.
bool relay_has_room(struct relay *relay);

// Reads once. As read(2): 0 at the end of the input, -1 and errno.
ssize_t relay_read(struct relay *relay, int from);

// Takes what is there of the current frame. When that is over, looks at the header of the one after it, which waits to be passed or
// dropped. NEXT_WRONG: no frame of this direction begins with these bytes.
enum next relay_next(struct relay *relay, struct header *header);
void relay_pass(struct relay *relay, const struct header *header);
void relay_drop(struct relay *relay, const struct header *header);

// Passes all bytes that are there, whatever they are.
void relay_pass_all(struct relay *relay);

// Passes a whole frame that was not read. False: there is no room yet.
bool relay_insert(struct relay *relay, const uint8_t *frame, size_t size);

// Forgets what has not been passed.
void relay_cut(struct relay *relay);

// Forgets what has not been written, and drops the rest of a frame of which a part was.
void relay_forget(struct relay *relay);

// Writes what the pipe takes. False when nobody reads it any more.
bool relay_write(struct relay *relay, int to);
bool relay_is_written(const struct relay *relay);

#endif
