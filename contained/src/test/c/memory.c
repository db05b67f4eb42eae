// Touches so many MiB of memory of one kind, one a millisecond or so, and holds them.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

static void breathe(void) {
    nanosleep(&(struct timespec) {.tv_nsec = 1500000}, NULL);
}

static void touch(int flags, int count) {
    char *memory = mmap(NULL, (size_t) count * MIB, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < count; i++) {
        memset(memory + (size_t) i * MIB, i + 1, MIB);
        breathe();
    }
}

static void map_again(int file, int count) {
    char *memory = mmap(NULL, (size_t) count * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    for (int i = 0; i < count; i++) {
        memory[(size_t) i * MIB] = 1;
    }
}

// Memory that is the kernel's.
static void fill_pipes(int count) {
    static char block[MIB];
    for (int i = 0; i < count; i++) {
        int ends[2];
        if (pipe2(ends, O_NONBLOCK) != 0 || fcntl(ends[1], F_SETPIPE_SZ, MIB) < 0 || write(ends[1], block, MIB) <= 0) {
            perror("pipe");
        }
    }
}

static void write_file(int file, int count) {
    static char block[MIB];
    for (int i = 0; i < count; i++) {
        if (write(file, block, MIB) != MIB) {
            printf("full\n");
            return;
        }
        breathe();
    }
}

int main(int argc, char **argv) {
    prctl(PR_SET_NAME, "RssAnon:0"); // which a careless reader takes for its memory
    int count = argc == 3 ? atoi(argv[2]) : 0;
    if (strcmp(argv[1], "private") == 0) {
        touch(MAP_PRIVATE, count);
    } else if (strcmp(argv[1], "unwatched") == 0) {
        prlimit(1, RLIMIT_NOFILE, &(struct rlimit) {0, 0}, NULL); // with a process 1 that can open nothing, where that can be had
        touch(MAP_PRIVATE, count);
    } else if (strcmp(argv[1], "shared") == 0) {
        touch(MAP_SHARED, count);
    } else if (strcmp(argv[1], "forked") == 0) {
        touch(MAP_PRIVATE, count);
        for (int i = 0; i < 4; i++) {
            if (fork() == 0) {
                nanosleep(&(struct timespec) {.tv_nsec = 200000000}, NULL);
                _exit(0);
            }
        }
        while (wait(NULL) > 0) {
        }
    } else if (strcmp(argv[1], "file") == 0) {
        int file = open("large", O_RDWR | O_CREAT, 0644);
        write_file(file, count);
        map_again(file, count);
        nanosleep(&(struct timespec) {.tv_nsec = 100000000}, NULL);
    } else if (strcmp(argv[1], "pipes") == 0) {
        fill_pipes(count);
    } else if (strcmp(argv[1], "itself") == 0) {
        int file = open("play", O_RDONLY);
        off_t size = lseek(file, 0, SEEK_END);
        const char *memory = mmap(NULL, (size_t) size, PROT_READ, MAP_PRIVATE, file, 0);
        unsigned sum = 0;
        for (off_t i = 0; i < size; i += 4096) {
            sum += (unsigned char) memory[i];
        }
        nanosleep(&(struct timespec) {.tv_nsec = 100000000 + (long) (sum & 1)}, NULL);
    }
    puts("done");
    return 0;
}
