// Open files.
#ifndef SANDPOOL_FD_H
#define SANDPOOL_FD_H

// If it is open; it is -1 then.
void fd_close(int *descriptor);

#endif
