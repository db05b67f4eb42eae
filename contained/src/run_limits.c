// What has to be looked at while a program runs: the clock, its memory, its CPU time.
#define _GNU_SOURCE
#include "run_limits.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "collect.h"
#include "control.h"
#include "cpu.h"
#include "ending.h"
#include "streams.h"

#define MICROS_PER_MILLI ((uint64_t) 1000)

enum {
    // Microseconds between two looks at the program's memory. A look costs 0.1 to 0.3 ms in gVisor; a program there touches
    // about 2 MiB in the meantime.
    MEMORY_INTERVAL = 10000,
    // CPU time is looked at as often as it could be used up, within these bounds, and for no more than a tenth of the time. The
    // upper one is for processes whose time nobody inherits.
    MIN_CPU_INTERVAL = 10000,
    MAX_CPU_INTERVAL = 25000,
    CPU_COST = 10,
    // On Linux a look goes from process to process, and is no picture of one moment: of four children that end while it goes
    // on, each is found sharing with fewer, and together they seem to hold twice what there is. That passes; a hog does not.
    LOOKS_OVER = 3,
};

// Init has so long to kill, reap and tell. gVisor lets the program stop or kill it, so it is not waited for longer.
static const uint64_t init_grace = 200 * MICROS_PER_MILLI;
static const uint64_t kill_again_after = 50 * MICROS_PER_MILLI;

// What a program wrote before its end is passed on for so long after killAfter. EXIT is not to wait for megabytes.
static const uint64_t output_grace = 50 * MICROS_PER_MILLI;

static uint64_t min(uint64_t one, uint64_t other) {
    return one < other ? one : other;
}

static uint64_t interrupt_at(const struct run *run) {
    return run->started_at + run->limits.interrupt_after_millis * MICROS_PER_MILLI;
}

static uint64_t kill_at(const struct run *run) {
    return run->started_at + run->limits.kill_after_millis * MICROS_PER_MILLI;
}

static uint64_t memory_limit(const struct run *run) {
    return run->limits.memory_bytes == 0 ? UINT64_MAX : run->limits.memory_bytes;
}

static void note_memory(struct session *session, uint64_t used) {
    struct run *run = &session->run;
    if (used > run->report.peak_memory_bytes) {
        run->report.peak_memory_bytes = used;
    }
    if (used > memory_limit(run)) {
        ending_begin(session, OUTCOME_OUT_OF_MEMORY, "");
    }
}

void run_limits_receive_memory(struct session *session, uint64_t used) {
    struct run *run = &session->run;
    run->is_looking = false;
    run->looks_over = used > memory_limit(run) ? run->looks_over + 1 : 0;
    if (run->state == STATE_RUNNING && (run->looks_over == 0 || run->looks_over >= LOOKS_OVER)) {
        note_memory(session, used);
    }
}

static void look_at_memory(struct session *session, uint64_t now) {
    struct run *run = &session->run;
    run->looked_at = now;
    if (run->env.is_gvisor) {
        note_memory(session, memory_of_sandbox(&run->memory));
    } else if (!run->is_looking) {
        run->is_looking = control_request(run->env.control[0], REQUEST_MEMORY, memory_limit(run)) == 0;
    }
}

bool run_limits_cpu_exceeded(const struct session *session, uint64_t micros) {
    uint64_t limit = session->run.limits.cpu_millis * MICROS_PER_MILLI;
    return limit > 0 && micros > limit;
}

static uint64_t max(uint64_t one, uint64_t other) {
    return one > other ? one : other;
}

// The one in the middle. A look is no picture of one moment: of a process that is reaped while it goes on, both its own time and
// what its parent inherits may be counted. Of three looks one may be wrong.
static uint64_t median(const uint64_t looks[3]) {
    uint64_t smaller = min(looks[0], looks[1]);
    return looks[2] < smaller ? smaller : min(looks[2], max(looks[0], looks[1]));
}

static void plan_next_look(struct run *run, uint64_t used) {
    uint64_t limit = run->limits.cpu_millis * MICROS_PER_MILLI;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t soonest = limit > used ? (limit - used) / (uint64_t) (processors > 0 ? processors : 1) : 0;
    uint64_t cost = clock_now() - run->cpu.looked_at;
    run->cpu.interval = max(min(soonest, MAX_CPU_INTERVAL), max(MIN_CPU_INTERVAL, CPU_COST * cost));
}

void run_limits_receive_cpu(struct session *session, const struct cpu_used *used) {
    struct run *run = &session->run;
    struct cpu_looks *cpu = &run->cpu;
    uint64_t before = run->user_before + run->system_before; // the warm-up's
    uint64_t newest = max(used->inherited, used->seen);
    cpu->is_looking = false;
    cpu->inherited[2] = cpu->inherited[1];
    cpu->inherited[1] = cpu->inherited[0];
    cpu->inherited[0] = used->inherited;
    cpu->used = max(cpu->used, max(median(cpu->inherited), used->seen));
    if (run->state == STATE_RUNNING && run_limits_cpu_exceeded(session, cpu->used > before ? cpu->used - before : 0)) {
        ending_begin(session, OUTCOME_CPU_TIME_EXCEEDED, "");
        return;
    }
    plan_next_look(run, newest > before ? newest - before : 0); // of the newest: the one in the middle lags behind
}

static void look_at_cpu(struct session *session, uint64_t now) {
    struct run *run = &session->run;
    if (run->cpu.is_looking) {
        return;
    }
    run->cpu.looked_at = now;
    if (run->env.is_gvisor) {
        struct cpu_used used = cpu_of_sandbox(&session->buffers->cpu_seen, run->init);
        run_limits_receive_cpu(session, &used);
    } else {
        run->cpu.is_looking = control_request(run->env.control[0], REQUEST_CPU, 0) == 0;
    }
}

static bool watches_cpu(const struct run *run) {
    return run->state == STATE_RUNNING && run->limits.cpu_millis > 0 && !run->cpu.is_looking;
}

static bool has_output(const struct run *run) {
    return run->output[0].pipe >= 0 || run->output[1].pipe >= 0;
}

static uint64_t kill_init_at(const struct run *run) {
    return run->kill_again_at > 0 ? run->kill_again_at : run->ending_since + init_grace;
}

static uint64_t next_of_ending(const struct session *session) {
    const struct run *run = &session->run;
    uint64_t next = min(run->init > 0 ? kill_init_at(run) : UINT64_MAX, collect_next(session));
    return has_output(run) ? min(next, kill_at(run) + output_grace) : next;
}

uint64_t run_limits_next(const struct session *session) {
    const struct run *run = &session->run;
    if (run->state == STATE_ENDING) {
        return next_of_ending(session);
    }
    if (run->state < STATE_UPLOADING || run->state > STATE_RUNNING) {
        return UINT64_MAX;
    }
    uint64_t next = kill_at(run);
    if (!run->interrupted) {
        next = min(next, interrupt_at(run));
    }
    if (run->state == STATE_RUNNING) {
        next = min(next, run->looked_at + MEMORY_INTERVAL);
    }
    return watches_cpu(run) ? min(next, run->cpu.looked_at + run->cpu.interval) : next;
}

void run_limits_tick(struct session *session, uint64_t now) {
    struct run *run = &session->run;
    if (run->state == STATE_ENDING && run->init > 0 && now >= kill_init_at(run)) {
        kill(run->init, SIGKILL);
        run->kill_again_at = now + kill_again_after;
    }
    if (run->state == STATE_ENDING && has_output(run) && now >= kill_at(run) + output_grace) {
        streams_cut(session);
    }
    if (run->state == STATE_WARM || run->state >= STATE_ENDING) {
        return;
    }
    if (now >= kill_at(run)) {
        ending_begin(session, OUTCOME_TIMED_OUT, "");
        return;
    }
    if (!run->interrupted && now >= interrupt_at(run)) {
        run->interrupted = true;
        if (run->state == STATE_RUNNING) {
            control_request(run->env.control[0], REQUEST_INTERRUPT, 0);
        }
    }
    if (run->state == STATE_RUNNING && now >= run->looked_at + MEMORY_INTERVAL) {
        look_at_memory(session, now);
    }
    if (watches_cpu(run) && now >= run->cpu.looked_at + run->cpu.interval) {
        look_at_cpu(session, now);
    }
}
