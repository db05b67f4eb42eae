#define _GNU_SOURCE
#include "filter.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

// Calls of the x32 ABI have numbers from here on.
#define X32 0x40000000
// The first of those below but clone; what programs call most comes before it, and is allowed after three comparisons.
#define FIRST SYS_pivot_root

#define LOAD(what) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, what))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define REFUSE(error) RETURN(SECCOMP_RET_ERRNO | (error))
#define REFUSE_CALL(number, error) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), REFUSE(error)
// The low half of the first argument, which is all that these calls look at.
#define FIRST_ARGUMENT LOAD(args[0])
// With a user namespace asked for it is refused.
#define WITHOUT_USER_NAMESPACE(number) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4), FIRST_ARGUMENT, \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER, 0, 1), REFUSE(EPERM), RETURN(SECCOMP_RET_ALLOW)

int filter_install(void) {
    static struct sock_filter instructions[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        REFUSE(ENOSYS),
        LOAD(nr),
        WITHOUT_USER_NAMESPACE(SYS_clone),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST, 1, 0),
        RETURN(SECCOMP_RET_ALLOW),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1),
        REFUSE(ENOSYS),
        WITHOUT_USER_NAMESPACE(SYS_unshare),
        // Its flags lie in memory, where no filter looks; libc and Go's runtime go on with clone.
        REFUSE_CALL(SYS_clone3, ENOSYS),
        // Of other processes; one's own is 0.
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 0, 4),
        FIRST_ARGUMENT,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
        REFUSE(EPERM),
        RETURN(SECCOMP_RET_ALLOW),
        REFUSE_CALL(SYS_setns, EPERM),
        REFUSE_CALL(SYS_pivot_root, EPERM),
        REFUSE_CALL(SYS_mount, EPERM),
        REFUSE_CALL(SYS_umount2, EPERM),
        REFUSE_CALL(SYS_fsopen, EPERM),
        REFUSE_CALL(SYS_fsmount, EPERM),
        REFUSE_CALL(SYS_fspick, EPERM),
        REFUSE_CALL(SYS_open_tree, EPERM),
        REFUSE_CALL(SYS_move_mount, EPERM),
        REFUSE_CALL(SYS_mount_setattr, EPERM),
        REFUSE_CALL(SYS_add_key, EPERM),
        REFUSE_CALL(SYS_request_key, EPERM),
        REFUSE_CALL(SYS_keyctl, EPERM),
        RETURN(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof instructions / sizeof *instructions, instructions};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
