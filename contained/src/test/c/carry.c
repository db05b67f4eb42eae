// carry leave KIND: leaves something of a kind behind, for whoever comes after. carry find KIND: tells what is there of it. What it
// tells must be the same whether anything was left before or not. carry both KIND: one after the other.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { KEY = 0x5a4d, PORT = 4711, MOST = 4096 };

extern char **environ;

// Goes on in a process that nothing of this one holds, and that ignores what can be ignored; the caller is told when it is ready.
static void stay(void (*work)(void)) {
    int ready[2];
    char byte;
    if (pipe(ready) != 0) {
        return;
    }
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            for (int i = 1; i < NSIG; i++) {
                signal(i, SIG_IGN);
            }
            work();
            (void) !write(ready[1], "", 1);
            for (;;) {
                pause();
            }
        }
        _exit(0);
    }
    (void) !read(ready[0], &byte, 1);
}

static const char *const folders[] = {"/tmp", "/tmpfs", "/dev/shm", "/dev/mqueue", "/var/tmp", "/run", "/home", "/proc/self", "/", "/dev"};

static void leave_files(void) {
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/carried", folders[i]);
        int file = open(path, O_WRONLY | O_CREAT, 0666);
        snprintf(path, sizeof path, "%s/.carried", folders[i]);
        mkdir(path, 0777);
        if (file >= 0) {
            close(file);
        }
    }
    // The kubelet's, of a pod's.
    int last_message = open("/dev/termination-log", O_WRONLY);
    (void) !write(last_message, "carried", 7);
    close(last_message);
}

static void find_files(void) {
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/carried", folders[i]);
        int seen = access(path, F_OK) == 0;
        snprintf(path, sizeof path, "%s/.carried", folders[i]);
        printf("%s %d\n", folders[i], seen + (access(path, F_OK) == 0));
    }
    char byte;
    int last_message = open("/dev/termination-log", O_RDONLY);
    printf("last message %d\n", last_message >= 0 && read(last_message, &byte, 1) == 1);
    close(last_message);
}

static void nothing(void) {}

static void leave_processes(void) {
    stay(nothing);
}

static void find_processes(void) {
    DIR *folder = opendir("/proc");
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        int process = atoi(entry->d_name);
        if (process > 0) {
            printf("%d\n", process);
        }
    }
}

static socklen_t local_address(struct sockaddr_un *address, int is_abstract) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    strcpy(address->sun_path + is_abstract, is_abstract ? "carried" : "/tmp/carried.socket");
    return (socklen_t) (offsetof(struct sockaddr_un, sun_path) + (is_abstract ? 8 : sizeof "/tmp/carried.socket"));
}

static struct sockaddr_in network_address(void) {
    return (struct sockaddr_in) {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void listen_everywhere(void) {
    struct sockaddr_un local;
    for (int is_abstract = 0; is_abstract < 2; is_abstract++) {
        socklen_t size = local_address(&local, is_abstract);
        int one = socket(AF_UNIX, SOCK_STREAM, 0);
        if (bind(one, (struct sockaddr *) &local, size) != 0 || listen(one, 1) != 0) {
            perror("listen");
        }
    }
    struct sockaddr_in network = network_address();
    int one = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(one, (struct sockaddr *) &network, sizeof network) != 0 || listen(one, 1) != 0) {
        perror("listen");
    }
}

static void leave_sockets(void) {
    stay(listen_everywhere);
}

static void find_sockets(void) {
    struct sockaddr_un local;
    for (int is_abstract = 0; is_abstract < 2; is_abstract++) {
        socklen_t size = local_address(&local, is_abstract);
        printf("local %d\n", connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *) &local, size) == 0);
    }
    struct sockaddr_in network = network_address();
    printf("network %d\n", connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *) &network, sizeof network) == 0);
}

static void leave_ipc(void) {
    int segment = shmget(KEY, 1 << 20, IPC_CREAT | 0666);
    char *memory = shmat(segment, NULL, 0);
    if (memory != (void *) -1) {
        strcpy(memory, "carried");
    }
    int queue = msgget(KEY, IPC_CREAT | 0666);
    struct { long type; char text[8]; } message = {1, "carried"};
    msgsnd(queue, &message, sizeof message.text, IPC_NOWAIT);
    semget(KEY, 1, IPC_CREAT | 0666);
    int shared = shm_open("/carried", O_RDWR | O_CREAT, 0666);
    if (shared >= 0) {
        (void) !ftruncate(shared, 4096);
    }
    mqd_t posix = mq_open("/carried", O_RDWR | O_CREAT, 0666, NULL);
    if (posix != (mqd_t) -1) {
        mq_send(posix, "carried", 8, 1);
    }
}

static void find_ipc(void) {
    printf("shm %d\n", shmget(KEY, 0, 0) >= 0);
    printf("msg %d\n", msgget(KEY, 0) >= 0);
    printf("sem %d\n", semget(KEY, 0, 0) >= 0);
    printf("posix shm %d\n", shm_open("/carried", O_RDONLY, 0) >= 0);
    printf("posix msg %d\n", mq_open("/carried", O_RDONLY) != (mqd_t) -1);
}

static void set_timers(void) {
    struct itimerval soon = {.it_interval.tv_usec = 1000, .it_value.tv_usec = 1000};
    for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
        setitimer(which, &soon, NULL);
    }
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec often = {.it_interval.tv_nsec = 1000000, .it_value.tv_nsec = 1000000};
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0) {
        timer_settime(timer, 0, &often, NULL);
    }
}

static void leave_timers(void) {
    stay(set_timers);
    for (int i = 1; i < NSIG; i++) {
        signal(i, SIG_IGN);
    }
    set_timers();
}

static void find_timers(void) {
    for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
        struct itimerval left = {0};
        getitimer(which, &left);
        printf("timer %d\n", timerisset(&left.it_value));
    }
}

static void leave_signals(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (int i = 1; i < NSIG; i++) {
        signal(i, SIG_IGN);
    }
    for (int i = 1; i < SIGRTMAX; i++) {
        if (i != SIGKILL && i != SIGSTOP && i != 32 && i != 33) { // the two are libc's own, and cannot be ignored
            kill(0, i);
            kill(-1, i);
            kill(1, i);
            kill(getppid(), i);
        }
    }
}

static void find_signals(void) {
    sigset_t set;
    sigpending(&set);
    printf("pending %d\n", !sigisemptyset(&set));
    sigprocmask(SIG_SETMASK, NULL, &set);
    printf("blocked %d\n", !sigisemptyset(&set));
    for (int i = 1; i < NSIG; i++) {
        struct sigaction action;
        if (sigaction(i, NULL, &action) == 0 && action.sa_handler != SIG_DFL) {
            printf("signal %d\n", i);
        }
    }
}

static void leave_environment(void) {
    setenv("CARRIED", "1", 1);
    prctl(PR_SET_NAME, "carried", 0, 0, 0);
    (void) !sethostname("carried", 7);
}

static void find_environment(void) {
    char name[64] = "";
    gethostname(name, sizeof name);
    printf("host %s\n", name);
    for (char **variable = environ; *variable != NULL; variable++) {
        puts(*variable);
    }
}

static const char *const lockable[] = {"/proc/self/exe", "/tmpfs", "/tmp", "/", "/bin"};

static void lock_everything(void) {
    for (size_t i = 0; i < sizeof lockable / sizeof *lockable; i++) {
        flock(open(lockable[i], O_RDONLY), LOCK_EX | LOCK_NB);
    }
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    fcntl(open("/tmp/locked", O_RDWR | O_CREAT, 0666), F_SETLK, &lock);
}

static void leave_locks(void) {
    stay(lock_everything);
}

static void find_locks(void) {
    for (size_t i = 0; i < sizeof lockable / sizeof *lockable; i++) {
        int file = open(lockable[i], O_RDONLY);
        printf("%s %d\n", lockable[i], flock(file, LOCK_EX | LOCK_NB) != 0);
        close(file);
    }
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    fcntl(open("/tmp/locked", O_RDWR | O_CREAT, 0666), F_GETLK, &lock);
    printf("fcntl %d\n", lock.l_type != F_UNLCK);
}

static void watch_everything(void) {
    for (int i = 0; i < MOST; i++) {
        int watch = inotify_init1(0);
        if (watch < 0) {
            return;
        }
        for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
            inotify_add_watch(watch, folders[k], IN_ALL_EVENTS);
        }
    }
}

static void leave_watches(void) {
    stay(watch_everything);
}

static void find_watches(void) {
    int count = 0;
    while (count < 32 && inotify_init1(0) >= 0) {
        count++;
    }
    printf("watches %d\n", count);
}

static void leave_full(void) {
    static char block[1 << 20];
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < 16; i++) {
        char path[32];
        snprintf(path, sizeof path, "/tmp/full%d", i);
        int file = open(path, O_WRONLY | O_CREAT, 0666);
        while (write(file, block, sizeof block) > 0) {
        }
    }
}

static void find_full(void) {
    struct statvfs status;
    statvfs("/tmp", &status);
    printf("room %lld MiB\n", (long long) (status.f_blocks - status.f_bfree) * (long long) status.f_bsize >> 22);
}

static void leave_pids(void) {
    for (;;) {
        pid_t child = fork();
        if (child < 0) {
            return;
        }
        if (child == 0) {
            setsid();
            for (;;) {
                pause();
            }
        }
    }
}

static void find_pids(void) {
    int count = 0;
    while (count < 20) {
        pid_t child = fork();
        if (child < 0) {
            break;
        }
        if (child == 0) {
            pause();
        }
        count++;
    }
    printf("forked %d\n", count);
}

static void hold_memory(void) {
    static char block[1 << 20];
    memset(block, 'x', sizeof block);
    int file = memfd_create("carried", 0);
    for (int i = 0; i < 40; i++) {
        (void) !write(file, block, sizeof block);
    }
    char *shared = mmap(NULL, 20 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memset(shared, 'x', 20 << 20);
}

static void leave_memory(void) {
    stay(hold_memory);
}

static void find_memory(void) {
    char *memory = mmap(NULL, 20 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int used = 0;
    for (int i = 0; i < 20 << 20; i += 4096) {
        used += memory[i] != 0;
    }
    printf("not zero %d\n", used);
}

static void lower(void) {
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit;
        getrlimit((__rlimit_resource_t) i, &limit);
        limit.rlim_cur = limit.rlim_max = limit.rlim_max > 64 << 20 ? 64 << 20 : limit.rlim_max;
        setrlimit((__rlimit_resource_t) i, &limit);
        if (i == RLIMIT_AS || i == RLIMIT_DATA) {
            continue; // a process 1 with sanitizers, which needs terabytes, would end, and the run with it
        }
        prlimit(1, (__rlimit_resource_t) i, &limit, NULL);
        prlimit(getppid(), (__rlimit_resource_t) i, &limit, NULL);
    }
    setpriority(PRIO_PROCESS, 0, 10);
    setpriority(PRIO_PROCESS, 1, 10);
    setpriority(PRIO_USER, getuid(), 10);
    umask(0777);
}

static void leave_limits(void) {
    stay(lower);
    lower();
}

static void find_limits(void) {
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit;
        getrlimit((__rlimit_resource_t) i, &limit);
        printf("limit %d %llu %llu\n", i, (unsigned long long) limit.rlim_cur, (unsigned long long) limit.rlim_max);
    }
    printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
    printf("umask %o\n", umask(0));
}

static const struct {
    const char *name;
    void (*leave)(void);
    void (*find)(void);
} kinds[] = {
    {"files", leave_files, find_files},       {"processes", leave_processes, find_processes},
    {"sockets", leave_sockets, find_sockets}, {"ipc", leave_ipc, find_ipc},
    {"timers", leave_timers, find_timers},    {"signals", leave_signals, find_signals},
    {"environment", leave_environment, find_environment},
    {"locks", leave_locks, find_locks},       {"watches", leave_watches, find_watches},
    {"full", leave_full, find_full},          {"pids", leave_pids, find_pids},
    {"memory", leave_memory, find_memory},    {"limits", leave_limits, find_limits},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 3 && i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(argv[2], kinds[i].name) == 0) {
            if (strcmp(argv[1], "find") != 0) {
                kinds[i].leave();
            }
            if (strcmp(argv[1], "leave") != 0) {
                kinds[i].find();
            }
            puts("done");
            return 0;
        }
    }
    return 2;
}
