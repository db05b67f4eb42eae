#include "supervisor.h"

bool forward_join(struct supervisor *supervisor) {
    uint8_t hello[HELLO_BYTES + HELLO_ADDED_BYTES];
    struct inner *next = &supervisor->next;
    // Until the processes of the run before have ended, their memory counts, and that of the next run would be on top.
    if (!next->is_ready || supervisor->has_remains) {
        return false;
    }
    size_t size = hello_complete(hello, next->greeting + FRAME_HEADER, next->hello_bytes, supervisor->served);
    if (!relay_insert(&supervisor->up, hello, size)) {
        return false;
    }
    supervisor->current = *next;
    next->exists = next->is_ready = false;
    next->runsc = 0;
    supervisor->phase = PHASE_GREETED;
    supervisor->failures = 0;
    return true;
}

static void end_run(struct supervisor *supervisor) {
    inner_kill(&supervisor->current);
    children_reap(supervisor);
    supervisor->exit_is_coming = false;
    supervisor->drops_run = true;
    supervisor->served++;
    relay_cut(&supervisor->up);
    relay_forget(&supervisor->down);
    bool is_last = supervisor->is_last_run || supervisor->ignores_input;
    supervisor->phase = is_last ? PHASE_LEAVING : PHASE_BETWEEN;
    supervisor->exit_at = supervisor->leaving_at = supervisor_now();
}

// What is to be done with a frame, or with what is none.
enum action { ACTION_PASS, ACTION_DROP, ACTION_WAIT, ACTION_END };

// After SIGTERM the kubelet waits for as long as one run may take, and that wait has begun. A START shows that the last EXIT was read.
static bool comes_too_late(const struct supervisor *supervisor, const struct header *header) {
    return header->type == FRAME_START && supervisor->is_last_run;
}

static enum action action_between(const struct supervisor *supervisor, enum next next, const struct header *header) {
    if (next == NEXT_FRAME && comes_too_late(supervisor, header)) {
        return ACTION_END;
    }
    if (next == NEXT_WRONG || header->type == FRAME_START || header->type == FRAME_PING) {
        return ACTION_WAIT;
    }
    return header->type == FRAME_KILL ? ACTION_END : ACTION_DROP;
}

static enum action action_greeted(const struct supervisor *supervisor, const struct header *header) {
    if (header->type == FRAME_KILL || comes_too_late(supervisor, header)) {
        return ACTION_END;
    }
    bool is_late = supervisor->drops_run && header->type != FRAME_START && header->type != FRAME_PING;
    return is_late ? ACTION_DROP : ACTION_PASS;
}

static enum action action_of(const struct supervisor *supervisor, enum next next, const struct header *header) {
    switch (supervisor->phase) {
    case PHASE_SILENT:
        return next == NEXT_FRAME && header->type == FRAME_KILL ? ACTION_END : ACTION_WAIT;
    case PHASE_BETWEEN:
        return action_between(supervisor, next, header);
    case PHASE_GREETED:
        return next == NEXT_WRONG ? ACTION_PASS : action_greeted(supervisor, header);
    case PHASE_RUNNING:
        return ACTION_PASS;
    case PHASE_LEAVING:
        break;
    }
    return ACTION_DROP;
}

// contained says what is wrong with it, in an EXIT.
static void pass_wrong(struct supervisor *supervisor) {
    relay_pass_all(&supervisor->down);
    supervisor->ignores_input = true;
    reason_fail("its runner sends what is no frame"); // the end is not yet, but sure
}

static void pass(struct supervisor *supervisor, const struct header *header) {
    if (header->type == FRAME_START && supervisor->phase == PHASE_GREETED) {
        supervisor->phase = PHASE_RUNNING;
        supervisor->drops_run = false;
        supervisor->started_at = supervisor_now();
    }
    relay_pass(&supervisor->down, header);
}

enum step forward_down(struct supervisor *supervisor) {
    struct header header;
    supervisor->down_waits = false;
    if (supervisor->phase == PHASE_LEAVING) {
        relay_pass_all(&supervisor->down);
        relay_forget(&supervisor->down);
        return STEP_GO_ON;
    }
    if (supervisor->ignores_input) {
        return STEP_GO_ON; // the inner sandbox still gets what was passed
    }
    for (;;) {
        enum next next = relay_next(&supervisor->down, &header);
        if (next == NEXT_MORE) {
            return STEP_GO_ON;
        }
        switch (action_of(supervisor, next, &header)) {
        case ACTION_END:
            return STEP_END;
        case ACTION_WAIT:
            if (!forward_join(supervisor)) {
                supervisor->down_waits = true;
                return STEP_GO_ON;
            }
            break;
        case ACTION_DROP:
            relay_drop(&supervisor->down, &header);
            break;
        case ACTION_PASS:
            if (next == NEXT_WRONG) {
                pass_wrong(supervisor);
                return STEP_GO_ON;
            }
            pass(supervisor, &header);
            break;
        }
    }
}

enum step forward_up(struct supervisor *supervisor) {
    struct header header;
    for (;;) {
        enum next next = relay_next(&supervisor->up, &header);
        if (supervisor->exit_is_coming && supervisor->up.frame_left == 0) {
            end_run(supervisor);
            return STEP_GO_ON;
        }
        if (next == NEXT_MORE) {
            return STEP_GO_ON;
        }
        if (next == NEXT_WRONG) {
            return reason_fail("its inner sandbox sends what is no frame");
        }
        if (header.type == FRAME_HELLO) {
            return reason_fail("its inner sandbox greets twice");
        }
        supervisor->exit_is_coming = header.type == FRAME_EXIT;
        relay_pass(&supervisor->up, &header);
    }
}
