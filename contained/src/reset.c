// After a run: all of it taken away, proved to be so, and made anew.
#define _GNU_SOURCE
#include "reset.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "collect.h"
#include "ending.h"
#include "fd.h"
#include "leak_check.h"
#include "warmup.h"

enum { NEEDED_NAMESPACES = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC };

bool reset_is_wanted(const struct session *session) {
    const struct run *run = &session->run;
    bool went_well = run->report.outcome != OUTCOME_PROTOCOL_ERROR && run->report.outcome != OUTCOME_INTERNAL_ERROR;
    bool had_its_own = (run->env.namespaces & NEEDED_NAMESPACES) == NEEDED_NAMESPACES && run->env.tmpfs == TMPFS_OWN;
    if (!run->limits.reuse || !went_well || !had_its_own || session->ignores_input) {
        return false;
    }
    if (run->env.is_gvisor && !run->env.files_are_own) {
        dprintf(2, "contained: not used again: its programs see files that all runs would have in common; "
                   "file systems of their own need a read-only root with the folders /proc, /tmp and /tmpfs\n");
        return false;
    }
    return true;
}

static void close_all(struct run *run) {
    int *const descriptors[] = {
        &run->program,        &run->files.open,    &run->memory.folder,  &run->memory.meminfo,
        &run->env.control[0], &run->env.launch[0], &run->output[0].pipe, &run->output[1].pipe,
        &run->env.standard_input[0],
    };
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++) {
        fd_close(descriptors[i]);
    }
}

static const char *complain(const char *what) {
    dprintf(2, "contained: not clean after a run: %s\n", what);
    return what;
}

// A child that is no init of ours would be a process that came from nowhere.
static bool has_children(void) {
    return waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD;
}

// Nothing in the new environment may be weaker than in the first: the facts are the same but for those that count.
static bool are_same_facts(const struct facts *one, const struct facts *other) {
    if (one->count != other->count) {
        return false;
    }
    for (size_t i = 0; i < one->count; i++) {
        const char *key = one->fact[i].key;
        bool may_differ = strcmp(key, "runs") == 0 || strcmp(key, "kept") == 0;
        if (strcmp(key, other->fact[i].key) != 0 || (!may_differ && strcmp(one->fact[i].value, other->fact[i].value) != 0)) {
            return false;
        }
    }
    return true;
}

const char *reset(struct session *session) {
    static struct facts before;
    before = session->run.facts;
    if (!leak_check_is_comparable(session->run.memory.folder)) {
        return complain("its memory file system cannot be compared");
    }
    ending_kill_all(session);
    collect_forget(session);
    close_all(&session->run);
    if (has_children()) {
        return complain("a process is left");
    }
    const char *leak = leak_check(session->tmpfs_folder);
    if (leak != NULL) {
        return complain(leak);
    }
    if (session->run.launched_at == 0) {
        program_cache_forget(&session->cache); // some of it is of a program that never became whole
    }
    memset(&session->run, 0, sizeof session->run);
    cpu_forget(&session->buffers->cpu_seen);
    session->runs++;
    if (warmup_make_env(session) != 0) {
        return "the next program's environment cannot be made";
    }
    if (!are_same_facts(&before, &session->run.facts)) {
        return complain("the next program's environment is another");
    }
    leak = leak_check_env(session->run.memory.folder, session->cache.touched);
    return leak == NULL ? NULL : complain(leak);
}
