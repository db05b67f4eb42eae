// Namespaces and identity: how init comes to be in namespaces of its own.
#ifndef SANDPOOL_ISOLATE_H
#define SANDPOOL_ISOLATE_H

#include "child_env.h"

// Decides whom the program runs as: never root.
void isolate_choose_identity(struct child_env *env);

// Forks init into as many new namespaces as are granted; like fork(), returns twice. Sets env->namespaces.
pid_t isolate_fork(struct child_env *env);

// contained, after the fork: maps the program's user into init's user namespace, then gives up root itself.
int isolate_settle_parent(const struct child_env *env, pid_t init);

// init, once contained has done that: becomes the program's user, and keeps its capabilities for the mounts.
int isolate_settle_child(const struct child_env *env);

// Gives up what could bring capabilities back, by execve of root's or of a file that has some; keeps those that mount.
int isolate_keep_mounting(void);

// Gives up all capabilities, for good if the above was done.
int isolate_drop_capabilities(void);

// Effective and permitted capabilities of this process.
uint64_t isolate_capabilities(void);

// Writes the names of the namespaces in `flags`, in the order of the protocol, separated by commas.
void isolate_names(int flags, char *names, size_t size);

// Closes each descriptor from 3 on, but the `count` in `keep`.
int isolate_close_others(const int *keep, size_t count);

// Of the signals that contained ignores: one for a write to a pipe that nobody reads; one for a program too large for our own limit,
// which does not fit, and that is reported; and the terminal's Ctrl-C, which goes to a runner's whole group: when the runner ends, the end of
// the input tells.
void isolate_handle_signals(void (*handler)(int));

#endif
