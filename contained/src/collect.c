
#include "collect.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "crc32.h"
#include "fd.h"
#include "leak_check.h"
#include "pattern.h"
#include "private_map.h"
#include "state.h"
#include "walk.h"

#define MICROS_PER_MILLI ((uint64_t) 1000)

enum {
    // So often in a row, before pings and signals are looked after: some milliseconds.
    STEPS_IN_A_ROW = 16,
    ENTRIES_IN_A_ROW = 64,
    // Between two looks for processes that still end. In gVisor a look takes a fraction of this.
    LOOK_MICROS = 1000,
};

enum stage { STAGE_NOT_ASKED, STAGE_NAMES, STAGE_PATTERNS, STAGE_COUNTS, STAGE_DONE };

struct collector {
    enum stage stage;
    uint64_t until; // 0: it has not begun
    bool is_still; // no process of the run is left that could write
    uint64_t look_at; // when to look for them again
    struct wanted_files wanted;
    size_t next; // of the patterns, or of the counts
    struct walk walk;

    int file; // that is being sent; -1: none
    uint64_t file_left;
    uint64_t file_bytes;
    uint32_t file_crc;

    unsigned files;
    uint64_t bytes; // of the files that were begun
    unsigned named; // of those that were left out
    uint32_t unnamed[OMISSIONS];
    bool is_cut[OMISSIONS];
};

struct collector *collect_prepare(void) {
    struct collector *collector = private_map(sizeof *collector);
    if (collector != NULL) {
        collector->file = -1;
    }
    return collector;
}

void collect_forget(struct session *session) {
    struct collector *collector = session->collector;
    walk_end(&collector->walk);
    fd_close(&collector->file);
    memset(collector, 0, sizeof *collector);
    collector->file = -1;
}

const char *collect_ask(struct session *session, const uint8_t *payload, size_t length) {
    struct collector *collector = session->collector;
    if (collector->stage != STAGE_NOT_ASKED) {
        return "COLLECT twice";
    }
    const char *error = collect_read(payload, length, &collector->wanted);
    if (error == NULL) {
        collector->stage = STAGE_NAMES;
    }
    return error;
}

bool collect_is_due(const struct session *session) {
    enum stage stage = session->collector->stage;
    return session->run.has_run && stage != STAGE_NOT_ASKED && stage != STAGE_DONE;
}

bool collect_has_steps(const struct session *session) {
    const struct collector *collector = session->collector;
    return collect_is_due(session) && (collector->is_still || collector->stage == STAGE_COUNTS);
}

uint64_t collect_next(const struct session *session) {
    const struct collector *collector = session->collector;
    if (!collect_is_due(session) || collect_has_steps(session) || collector->until == 0) {
        return UINT64_MAX; // it goes on by itself, or waits for room, which comes with an event
    }
    if (session->run.init == 0) {
        return collector->look_at;
    }
    return collector->until > clock_now() ? collector->until : UINT64_MAX;
}

static void put_omitted(struct session *session, enum omission omission, uint32_t count, const char *path) {
    uint8_t *room = output_room(&session->out, FRAME_BYTES);
    output_put(&session->out, frame_output_file_omitted(room, omission, count, path));
}

static void leave_out(struct session *session, const struct found *found) {
    struct collector *collector = session->collector;
    bool has_name = found->omission != OMISSION_BAD_NAME && found->path[0] != 0; // the program's folder itself has none
    if (!has_name || collector->named == MAX_OMITTED_NAMES) {
        collector->unnamed[found->omission]++;
        return;
    }
    collector->named++;
    put_omitted(session, found->omission, 1, found->path);
}

static void begin_file(struct session *session, struct found *found) {
    struct collector *collector = session->collector;
    struct stat status;
    uint64_t room = collector->wanted.max_bytes - collector->bytes;
    bool is_open = fstat(found->file, &status) == 0 && status.st_size >= 0;
    found->omission = !is_open                          ? OMISSION_UNREADABLE
                      : collector->files == MAX_FILES   ? OMISSION_TOO_MANY
                                                         : OMISSION_TOO_LARGE;
    // By its length: what a sparse file would be when it is read counts, not what it takes.
    if (!is_open || collector->files == MAX_FILES || (uint64_t) status.st_size > room) {
        close(found->file);
        leave_out(session, found);
        return;
    }
    collector->file = found->file;
    collector->file_left = (uint64_t) status.st_size;
    collector->file_bytes = 0;
    collector->file_crc = 0;
    collector->files++;
    collector->bytes += collector->file_left;
    output_put(&session->out, frame_output_file(output_room(&session->out, FRAME_BYTES), found->path));
}

static void end_file(struct session *session) {
    struct collector *collector = session->collector;
    fd_close(&collector->file);
    uint8_t *room = output_room(&session->out, FRAME_BYTES);
    output_put(&session->out, frame_output_file_end(room, collector->file_left > 0, collector->file_bytes, collector->file_crc));
}

static void send_piece(struct session *session) {
    struct collector *collector = session->collector;
    uint8_t *room = output_room(&session->out, FRAME_BYTES);
    size_t wanted = collector->file_left < FRAME_PAYLOAD ? (size_t) collector->file_left : FRAME_PAYLOAD;
    ssize_t length = wanted == 0 ? 0 : read(collector->file, room + FRAME_HEADER, wanted);
    if (length < 0 && errno == EINTR) {
        return;
    }
    if (length <= 0) {
        end_file(session);
        return;
    }
    collector->file_crc = crc32_add(collector->file_crc, room + FRAME_HEADER, (size_t) length);
    collector->file_bytes += (uint64_t) length;
    collector->file_left -= (uint64_t) length;
    output_put(&session->out, frame_header(room, FRAME_OUTPUT_FILE_DATA, (size_t) length) + (size_t) length);
}

static void take(struct session *session, enum walked walked, struct found *found) {
    if (walked == WALKED_TO_FILE) {
        begin_file(session, found);
    } else if (walked == WALKED_PAST) {
        leave_out(session, found);
    }
}

static void begin_patterns(struct session *session) {
    struct collector *collector = session->collector;
    collector->stage = STAGE_PATTERNS;
    bool has_patterns = false;
    for (size_t i = 0; i < collector->wanted.count; i++) {
        has_patterns |= !pattern_is_literal(collector->wanted.patterns[i]);
    }
    if (has_patterns && walk_begin(&collector->walk, session->run.memory.folder) != 0) {
        collector->unnamed[OMISSION_UNREADABLE]++; // the program's folder itself
    }
}

// The next file that is asked for by its name. Names come first: no pattern finds so much that there is no room left for them.
static void go_to_name(struct session *session) {
    struct collector *collector = session->collector;
    if (collector->next == collector->wanted.count) {
        collector->next = 0;
        begin_patterns(session);
        return;
    }
    const char *name = collector->wanted.patterns[collector->next];
    bool is_new = pattern_is_literal(name);
    for (size_t i = 0; i < collector->next; i++) {
        is_new &= strcmp(collector->wanted.patterns[i], name) != 0;
    }
    collector->next++;
    if (is_new) {
        struct found found;
        enum walked walked = walk_to_name(session->run.memory.folder, name, &found);
        take(session, walked, &found);
    }
}

static void walk_on(struct session *session) {
    struct collector *collector = session->collector;
    struct found found;
    enum walked walked = WALKED_ON;
    for (int i = 0; i < ENTRIES_IN_A_ROW && walked == WALKED_ON; i++) {
        walked = walk_next(&collector->walk, &collector->wanted, &found);
    }
    take(session, walked, &found);
    if (walked == WALKED_CUT || walked == WALKED_ALL) {
        collector->is_cut[OMISSION_TOO_MANY_ENTRIES] = walked == WALKED_CUT;
        walk_end(&collector->walk);
        collector->stage = STAGE_COUNTS;
    }
}

static void put_count(struct session *session) {
    struct collector *collector = session->collector;
    if (collector->next == OMISSIONS) {
        collector->stage = STAGE_DONE;
        return;
    }
    uint32_t count = collector->unnamed[collector->next];
    if (count > 0 || collector->is_cut[collector->next]) {
        put_omitted(session, (enum omission) collector->next, count, "");
    }
    collector->next++;
}

static void give_up(struct session *session) {
    struct collector *collector = session->collector;
    if (collector->file >= 0) {
        end_file(session);
    }
    walk_end(&collector->walk);
    collector->is_cut[OMISSION_NO_TIME] = true;
    collector->next = 0;
    collector->stage = STAGE_COUNTS;
}

static void step(struct session *session) {
    struct collector *collector = session->collector;
    if (collector->file >= 0) {
        send_piece(session);
    } else if (collector->stage == STAGE_NAMES) {
        go_to_name(session);
    } else if (collector->stage == STAGE_PATTERNS) {
        walk_on(session);
    } else {
        put_count(session);
    }
}

// On Linux process 1 of a namespace ends when all others have. gVisor kills the others and does not wait for them: each still completes
// its system call, and nothing tells of its end.
static void look_for_processes(struct session *session) {
    struct collector *collector = session->collector;
    uint64_t now = clock_now();
    if (collector->is_still || session->run.init > 0 || now < collector->look_at) {
        return;
    }
    collector->is_still = !session->run.env.is_gvisor || !leak_check_has_others();
    collector->look_at = now + LOOK_MICROS;
}

void collect_go_on(struct session *session) {
    struct collector *collector = session->collector;
    if (collector->until == 0) {
        collector->until = clock_now() + collector->wanted.within_millis * MICROS_PER_MILLI;
    }
    look_for_processes(session);
    for (int i = 0; i < STEPS_IN_A_ROW && collect_is_due(session); i++) {
        // A step puts at most one frame with bytes of a file, or a few small ones.
        if (output_room(&session->out, FRAME_BYTES + OUTPUT_RESERVE) == NULL) {
            return;
        }
        bool is_late = clock_now() >= collector->until;
        if (is_late && collector->stage < STAGE_COUNTS) {
            give_up(session);
        } else if (!collect_has_steps(session)) {
            return; // its processes could still write
        } else {
            step(session);
        }
    }
}
