#define _GNU_SOURCE
#include "cpu.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "processes.h"

struct sum {
    const struct child_env *env; // null: all that is seen is the sandbox
    pid_t init;
    pid_t contained; // 0: not to be seen
    struct cpu_seen *seen;
    uint64_t inherited_ticks;
};

struct times {
    uint64_t self; // ticks, as the others
    uint64_t children;
    uint64_t since;
};

static bool read_times(int proc, pid_t process, struct times *times) {
    char text[512];
    if (processes_read(proc, process, "stat", text, sizeof text) <= 0) {
        return false;
    }
    const char *name_end = strrchr(text, ')');
    unsigned long long user;
    unsigned long long system;
    unsigned long long children_user;
    unsigned long long children_system;
    unsigned long long since;
    if (name_end == NULL || sscanf(name_end,
                                   ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %*d %*d %llu",
                                   &user, &system, &children_user, &children_system, &since) != 5) {
        return false;
    }
    *times = (struct times) {.self = user + system, .children = children_user + children_system, .since = since};
    return true;
}

static void remember(struct cpu_seen *seen, pid_t process, const struct times *times) {
    size_t at = 0;
    while (at < seen->count && (seen->process[at].process != process || seen->process[at].since != times->since)) {
        at++;
    }
    if (at == CPU_PROCESSES) {
        return; // more than a run may have: what it inherits counts
    }
    seen->count += at == seen->count;
    seen->process[at].process = process;
    seen->process[at].since = times->since;
    seen->process[at].look = seen->look;
    seen->process[at].ticks = times->self;
}

static uint64_t sum_up(struct cpu_seen *seen) {
    uint64_t ticks = 0;
    for (size_t at = 0; at < seen->count;) {
        if (seen->process[at].look == seen->look) {
            ticks += seen->process[at++].ticks;
        } else {
            seen->gone_ticks += seen->process[at].ticks;
            seen->process[at] = seen->process[--seen->count];
        }
    }
    return ticks + seen->gone_ticks;
}

static void add_process(int proc, pid_t process, void *context) {
    struct sum *sum = context;
    bool is_init = process == sum->init;
    if (process == sum->contained || (!is_init && sum->env != NULL && !sum->env->proc_is_own &&
                                      !processes_descends(proc, process, sum->init))) {
        return;
    }
    struct times times;
    if (!read_times(proc, process, &times)) {
        return;
    }
    sum->inherited_ticks += times.children;
    if (!is_init) {
        sum->inherited_ticks += times.self;
        remember(sum->seen, process, &times);
    }
}

static struct cpu_used look(struct sum *sum, int proc) {
    long ticks_a_second = sysconf(_SC_CLK_TCK);
    uint64_t tick = 1000000 / (uint64_t) (ticks_a_second > 0 ? ticks_a_second : 100);
    sum->seen->look++;
    processes_each(proc, add_process, sum);
    close(proc);
    return (struct cpu_used) {.inherited = sum->inherited_ticks * tick, .seen = sum_up(sum->seen) * tick};
}

void cpu_forget(struct cpu_seen *seen) {
    seen->gone_ticks = 0;
    seen->count = 0;
}

struct cpu_used cpu_of_sandbox(struct cpu_seen *seen, pid_t init) {
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct sum sum = {.init = init, .contained = getpid(), .seen = seen};
    return proc < 0 ? (struct cpu_used) {0} : look(&sum, proc);
}

struct cpu_used cpu_of_processes(struct cpu_seen *seen, const struct child_env *env) {
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct sum sum = {.env = env, .init = processes_own_number(proc), .seen = seen};
    return proc < 0 ? (struct cpu_used) {0} : look(&sum, proc);
}
