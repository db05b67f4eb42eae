#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../processes.h"
#include "supervisor.h"

struct search {
    const struct supervisor *supervisor;
    pid_t self;
    bool found;
};

static void reap_one(struct inner *inner, pid_t process) {
    if (inner->runsc == process) {
        inner->runsc = 0;
    }
}

// What is left of an inner sandbox is handed to the supervisor when its runsc ends: the sentry and the gofer, each process 1 of a pid
// namespace, which ends with it.
static void kill_orphan(int proc, pid_t process, void *context) {
    struct search *search = context;
    const struct supervisor *supervisor = search->supervisor;
    bool is_known = (supervisor->current.exists && process == supervisor->current.runsc) ||
                    (supervisor->next.exists && process == supervisor->next.runsc);
    if (!is_known && processes_parent(proc, process) == search->self) {
        kill(process, SIGKILL);
        search->found = true;
    }
}

void children_reap(struct supervisor *supervisor) {
    pid_t process = waitpid(-1, NULL, WNOHANG);
    for (; process > 0; process = waitpid(-1, NULL, WNOHANG)) {
        reap_one(&supervisor->current, process);
        reap_one(&supervisor->next, process);
    }
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc < 0) {
        return; // nothing is known to have ended
    }
    struct search search = {supervisor, processes_own_number(proc), false};
    processes_each(proc, kill_orphan, &search);
    close(proc);
    supervisor->has_remains = search.found;
}
