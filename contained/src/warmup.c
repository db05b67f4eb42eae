// All that is done before HELLO.
#define _GNU_SOURCE
#include "warmup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collect.h"
#include "control.h"
#include "crc32.h"
#include "facts.h"
#include "init.h"
#include "isolate.h"
#include "leak_check.h"
#include "private_map.h"

enum { OUTPUT_PIPE_BYTES = 1 << 20 };

static int make_pipe(int ends[2], bool is_input) {
    int pipe[2];
    if (pipe2(pipe, O_CLOEXEC) != 0) {
        return -1;
    }
    ends[0] = pipe[is_input ? 1 : 0];
    ends[1] = pipe[is_input ? 0 : 1];
    if (!is_input) {
        fcntl(ends[0], F_SETPIPE_SZ, OUTPUT_PIPE_BYTES); // fewer, larger frames; refused where the user has many pipes
    }
    return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

static int make_channels(struct child_env *env) {
    if (make_pipe(env->standard_input, true) != 0 || make_pipe(env->standard_output, false) != 0 ||
        make_pipe(env->standard_error, false) != 0) {
        return -1;
    }
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, env->control) != 0 ||
                   socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, env->launch) != 0
               ? -1
               : 0;
}

static void close_far_ends(const struct child_env *env) {
    close(env->control[1]);
    close(env->launch[1]);
    close(env->standard_input[1]);
    close(env->standard_output[1]);
    close(env->standard_error[1]);
}

static int catch_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD); // init's end
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int complain(const char *what) {
    dprintf(2, "contained: %s: %s\n", what, strerror(errno));
    return -1;
}

static int receive_ready(struct session *session) {
    struct reply ready = {0};
    int descriptors[REPLY_DESCRIPTORS] = {-1, -1};
    errno = ECHILD;
    if (control_receive(session->run.env.control[0], &ready, descriptors, 0) <= 0 || ready.type != REPLY_READY) {
        return complain("the sandbox's init did not get ready");
    }
    errno = ready.error;
    if (ready.error != 0 || descriptors[REPLY_PROGRAM] < 0) {
        return complain("cannot open the program's file");
    }
    session->run.env.tmpfs = (enum tmpfs_kind) ready.tmpfs;
    session->run.env.files_are_own = ready.files_are_own != 0;
    session->run.env.tmpfs_bytes = ready.tmpfs_bytes;
    memcpy(session->run.env.program_folder, ready.program_folder, sizeof session->run.env.program_folder);
    session->run.program = descriptors[REPLY_PROGRAM];
    memory_watch(&session->run.memory, session->run.env.tmpfs, descriptors[REPLY_FOLDER]);
    errno = ECHILD;
    if (recv(session->run.env.launch[0], &session->run.facts, sizeof session->run.facts, 0) != sizeof session->run.facts) {
        return complain("the program's process did not get ready");
    }
    return 0;
}

int warmup_make_env(struct session *session) {
    struct child_env *env = &session->run.env;
    env->tmpfs_folder = session->tmpfs_folder;
    env->root_folder = session->root_folder;
    env->is_gvisor = facts_kernel_is_gvisor();
    env->runs = session->runs;
    env->cached_bytes = session->cache.size;
    env->tmpfs_wanted = session->tmpfs_wanted;
    env->token_mounted = facts_token_is_mounted();
    session->run.files.open = -1;
    isolate_choose_identity(env);
    if (make_channels(env) != 0) {
        return complain("cannot make its channels");
    }
    pid_t self = getpid();
    session->run.init = isolate_fork(env);
    if (session->run.init == 0) {
        init_run(env, self);
    }
    if (session->run.init < 0) {
        return complain("cannot fork");
    }
    close_far_ends(env);
    if (!(env->namespaces & CLONE_NEWPID)) {
        prctl(PR_SET_CHILD_SUBREAPER, 1);
    }
    if (isolate_settle_parent(env, session->run.init) != 0) {
        return complain("cannot map the program's user");
    }
    prctl(PR_SET_DUMPABLE, 0);
    if (control_request(env->control[0], REQUEST_SETTLE, 0) != 0) {
        return complain("the sandbox's init ended");
    }
    session->run.output[0] = (struct stream) {.type = FRAME_STDOUT, .pipe = env->standard_output[0]};
    session->run.output[1] = (struct stream) {.type = FRAME_STDERR, .pipe = env->standard_error[0]};
    if (receive_ready(session) != 0) {
        return -1;
    }
    leak_check_watch(session->run.init);
    return 0;
}

int warmup_prepare(struct session *session, const char *tmpfs_folder, const char *root_folder) {
    session->tmpfs_folder = tmpfs_folder;
    session->root_folder = root_folder;
    session->tmpfs_wanted = (PROGRAM_BYTES_MIB + WORKING_FILES_MIB) * MIB;
    session->buffers = private_map(sizeof *session->buffers);
    session->shrinker = shrink_prepare();
    session->expander = expand_prepare();
    session->collector = collect_prepare();
    if (session->collector == NULL || session->buffers == NULL || session->shrinker == NULL || session->expander == NULL) {
        return complain("cannot have memory for its buffers");
    }
    session->out.bytes = session->buffers->output;
    crc32_prepare();
    session->signals = catch_signals();
    if (session->signals < 0) {
        return complain("cannot catch signals");
    }
    if (leak_check_remember(facts_kernel_is_gvisor(), tmpfs_folder) != 0) {
        return complain("cannot get a random key");
    }
    if (warmup_make_env(session) != 0) {
        return -1;
    }
    leak_check_remember_env(session->run.memory.folder);
    return 0;
}
