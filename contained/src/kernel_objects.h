// What the kernel holds that no process has to: a socket that lies in its own queue keeps itself, and all that was sent with it, alive.
#ifndef SANDPOOL_KERNEL_OBJECTS_H
#define SANDPOOL_KERNEL_OBJECTS_H

#include <stdbool.h>
#include <sys/types.h>

// How many there are of each kind; -1 where the kernel does not say.
struct kernel_objects {
    long local_sockets; // AF_UNIX
    long terminals;     // in /dev/pts
};

// gVisor: of its whole kernel, whatever network namespace a socket is of. Linux: of this process's namespaces, which says nothing of a run's.
struct kernel_objects kernel_objects_count(void);

// Linux: from now on the local sockets of the network namespace that this process is in are seen, also when the process is gone.
// A descriptor, or -1.
int kernel_objects_watch_sockets(pid_t process);

// Whether a local socket is left there. The descriptor stays open.
bool kernel_objects_has_sockets(int watched);

// gVisor: the same of the namespace itself, whose interfaces end with it. It lives as long as any socket that was made in it, of whatever
// family: UDP over IPv6, ICMPv6 and netlink, whose port numbers are of the whole kernel, are listed nowhere.
int kernel_objects_watch_network(pid_t process);

// Whether the namespace is left, or cannot be known to have gone.
bool kernel_objects_has_network(int watched);

#endif
