// Asks for a socket of each family, in each way that the kernel knows. Says which families it was not forbidden, a line for each way:
// another error than EPERM means that the question came through to the kernel, which may not have that family.
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAMILIES 64

static long native(long family) {
    return syscall(SYS_socket, family, SOCK_DGRAM, 0);
}

// The kernel reads the lower half of the argument only.
static long upper_half(long family) {
    return syscall(SYS_socket, family | (1L << 32), SOCK_DGRAM, 0);
}

static long x32(long family) {
    return syscall(SYS_socket | 0x40000000, family, SOCK_DGRAM, 0);
}

// Call and arguments of a 32-bit program, which a 64-bit one may use too.
static long call_32(long number, long first, long second, long third) {
    long answer;
    __asm__ volatile("int $0x80" : "=a"(answer) : "a"(number), "b"(first), "c"(second), "d"(third) : "memory", "r8", "r9", "r10", "r11");
    if ((int32_t) answer < 0) {
        errno = -(int32_t) answer;
        return -1;
    }
    return answer;
}

static long direct_32(long family) {
    return call_32(359, family, SOCK_DGRAM, 0);
}

static long socketcall(long family) {
    uint32_t *arguments = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (arguments == MAP_FAILED) {
        return -1;
    }
    arguments[0] = (uint32_t) family;
    arguments[1] = SOCK_DGRAM;
    arguments[2] = 0;
    return call_32(102, 1, (long) arguments, 0);
}

// In a process of its own, since the kernel may answer with its end.
static void list(const char *way, long (*make)(long)) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        printf("%s", way);
        for (int family = 0; family < FAMILIES; family++) {
            if (make(family) >= 0 || errno != EPERM) {
                printf(" %d", family);
            }
        }
        printf("\n");
        fflush(stdout);
        _exit(0);
    }
    int status;
    if (waitpid(child, &status, 0) == child && WIFSIGNALED(status)) {
        printf("%s killed by %d\n", way, WTERMSIG(status));
    }
}

int main(void) {
    list("native", native);
    list("upper-half", upper_half);
    list("x32", x32);
    list("direct-32", direct_32);
    list("socketcall", socketcall);
    return 0;
}
