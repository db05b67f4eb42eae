#ifndef SANDPOOL_FILTER_H
#define SANDPOOL_FILTER_H

// For a program whose root is its mount namespace's; in gVisor, where a filter costs each process and thread a millisecond, it is not.
//
// From now on this process, and all that come of it, are refused what would give them capabilities in a user namespace of their own,
// or reach what is neither in a namespace nor in a file system of the run: keys, and the limits of other processes. 0 or -1.
int filter_install(void);

#endif
