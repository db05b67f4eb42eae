#define _GNU_SOURCE
#include "cpu.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "processes.h"

struct sum {
    const struct world *world; // null: all that is seen is the sandbox
    pid_t init;
    pid_t contained; // 0: not seen
    uint64_t ticks;
};

static void add_process(int proc, pid_t process, void *context) {
    struct sum *sum = context;
    bool is_init = process == sum->init;
    if (process == sum->contained || (!is_init && sum->world != NULL && !sum->world->proc_is_own &&
                                      !processes_descends(proc, process, sum->init))) {
        return;
    }
    char text[512];
    if (processes_read(proc, process, "stat", text, sizeof text) <= 0) {
        return;
    }
    unsigned long long user = 0;
    unsigned long long system = 0;
    unsigned long long children_user = 0;
    unsigned long long children_system = 0;
    const char *name_end = strrchr(text, ')');
    if (name_end != NULL && sscanf(name_end, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu", &user,
                                   &system, &children_user, &children_system) == 4) {
        sum->ticks += children_user + children_system + (is_init ? 0 : user + system);
    }
}

static uint64_t cpu_of(struct sum *sum, int proc) {
    processes_each(proc, add_process, sum);
    close(proc);
    long ticks_a_second = sysconf(_SC_CLK_TCK);
    return sum->ticks * 1000000 / (uint64_t) (ticks_a_second > 0 ? ticks_a_second : 100);
}

uint64_t cpu_of_sandbox(pid_t init) {
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct sum sum = {.init = init, .contained = getpid()};
    return proc < 0 ? 0 : cpu_of(&sum, proc);
}

uint64_t cpu_of_processes(const struct world *world) {
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct sum sum = {.world = world, .init = processes_own_number(proc)};
    return proc < 0 ? 0 : cpu_of(&sum, proc);
}
