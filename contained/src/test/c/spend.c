// spend KIND MILLIS: says a word, and has about so many milliseconds of CPU time used, each of four where there are several.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SEVERAL = 4, SHORT_MILLIS = 30 };

static long used_millis(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void compute(long millis) {
    while (used_millis(CLOCK_THREAD_CPUTIME_ID) < millis) {
    }
}

static void *compute_in_thread(void *millis) {
    compute(*(long *) millis);
    return NULL;
}

static void in_processes(long millis) {
    for (int i = 0; i < SEVERAL; i++) {
        if (fork() == 0) {
            compute(millis);
            _exit(0);
        }
    }
    while (wait(NULL) > 0) {
    }
}

static void in_threads(long millis) {
    pthread_t threads[SEVERAL];
    for (int i = 0; i < SEVERAL; i++) {
        pthread_create(&threads[i], NULL, compute_in_thread, &millis);
    }
    for (int i = 0; i < SEVERAL; i++) {
        pthread_join(threads[i], NULL);
    }
}

// One short-lived child after the other, and each is waited for.
static void in_children(long millis) {
    for (long spent = 0; spent < millis; spent += SHORT_MILLIS) {
        if (fork() == 0) {
            compute(SHORT_MILLIS);
            _exit(0);
        }
        wait(NULL);
    }
}

// The same, but nobody waits for them by name: the kernel reaps them, and counts their time for nobody.
static void in_ignored_children(long millis) {
    signal(SIGCHLD, SIG_IGN);
    for (long spent = 0; spent < millis; spent += 5 * SHORT_MILLIS) {
        if (fork() == 0) {
            compute(5 * SHORT_MILLIS);
            _exit(0);
        }
        wait(NULL);
    }
}

// The same, but their parents have ended before them: it is process 1 that reaps them.
static void in_orphans(long millis) {
    for (long spent = 0; spent < millis; spent += SHORT_MILLIS) {
        int over[2];
        char byte;
        if (pipe(over) != 0) {
            return;
        }
        if (fork() == 0) {
            if (fork() == 0) {
                compute(SHORT_MILLIS);
                _exit(0);
            }
            _exit(0);
        }
        close(over[1]);
        wait(NULL);
        (void) !read(over[0], &byte, 1); // ends when the last of them has
        close(over[0]);
    }
}

// The same, beside a process 1 that can open nothing, where that can be had.
static void unwatched(long millis) {
    prlimit(1, RLIMIT_NOFILE, &(struct rlimit) {0, 0}, NULL);
    in_ignored_children(millis);
}

static void in_the_kernel(long millis) {
    while (used_millis(CLOCK_THREAD_CPUTIME_ID) < millis) {
        for (int i = 0; i < 100; i++) {
            (void) !access("/", F_OK);
        }
    }
}

static void asleep(long millis) {
    nanosleep(&(struct timespec) {.tv_sec = millis / 1000, .tv_nsec = millis % 1000 * 1000000}, NULL);
}

static const struct {
    const char *name;
    void (*spend)(long millis);
} kinds[] = {
    {"alone", compute},       {"processes", in_processes},         {"threads", in_threads}, {"reaped", in_children},
    {"unreaped", in_ignored_children}, {"orphans", in_orphans}, {"unwatched", unwatched},
    {"kernel", in_the_kernel}, {"sleep", asleep},
};

int main(int argc, char **argv) {
    (void) !write(1, "spending\n", 9);
    for (size_t i = 0; argc == 3 && i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(argv[1], kinds[i].name) == 0) {
            kinds[i].spend(atol(argv[2]));
            return 0;
        }
    }
    return 2;
}
