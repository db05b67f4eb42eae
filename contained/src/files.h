// The working files of a run.
#ifndef SANDPOOL_FILES_H
#define SANDPOOL_FILES_H

#include "state.h"

// Null, or what was wrong with the frame.
const char *files_begin(struct session *session, const struct file *file);
const char *files_add(struct session *session, const uint8_t *bytes, size_t length);

// Where the program's folder is an ordinary one, what lies in it.
void files_remove(const struct child_env *env);

#endif
