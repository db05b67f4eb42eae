#define _GNU_SOURCE
#include "facts.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "isolate.h"

enum { SYSLOG_READ_ALL = 3, MAX_INTERFACES = 32 };

bool facts_token_is_mounted(void) {
    return access("/var/run/secrets/kubernetes.io/serviceaccount", F_OK) == 0 ||
           access("/run/secrets/kubernetes.io/serviceaccount", F_OK) == 0;
}

bool facts_kernel_is_gvisor(void) {
    struct utsname name;
    if (uname(&name) == 0 && strstr(name.release, "gvisor") != NULL) {
        return true;
    }
    // A release can be configured; the kernel log that gVisor makes up cannot.
    char log[1024];
    int length = klogctl(SYSLOG_READ_ALL, log, sizeof log - 1);
    if (length <= 0) {
        return false;
    }
    log[length] = 0;
    return strstr(log, "gVisor") != NULL;
}

static void add(struct facts *facts, const char *key, const char *value) {
    if (facts->count < FACTS) {
        snprintf(facts->fact[facts->count].key, FACT_KEY, "%s", key);
        snprintf(facts->fact[facts->count].value, FACT_VALUE, "%s", value);
        facts->count++;
    }
}

static int compare_strings(const void *left, const void *right) {
    return strcmp(*(char *const *) left, *(char *const *) right);
}

static void add_interfaces(struct facts *facts) {
    struct if_nameindex *all = if_nameindex();
    if (all == NULL) {
        add(facts, "interfaces", "unknown");
        return;
    }
    char *names[MAX_INTERFACES];
    size_t count = 0;
    while (count < MAX_INTERFACES && all[count].if_name != NULL) {
        names[count] = all[count].if_name;
        count++;
    }
    qsort(names, count, sizeof *names, compare_strings);
    char list[FACT_VALUE] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof list; i++) {
        used += (size_t) snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? "," : "", names[i]);
    }
    add(facts, "interfaces", list);
    if_freenameindex(all);
}

// Both what the mount says and what the kernel does: a folder that can be made is proof that the flag lied.
static bool root_is_read_only(void) {
    struct statvfs status;
    if (statvfs("/", &status) != 0 || !(status.f_flag & ST_RDONLY)) {
        return false;
    }
    if (mkdir("/.sandpool", 0700) == 0) {
        rmdir("/.sandpool");
        return false;
    }
    return true;
}

static void add_capabilities(struct facts *facts) {
    uint64_t capabilities = isolate_capabilities();
    char hexadecimal[24];
    snprintf(hexadecimal, sizeof hexadecimal, "%llx", (unsigned long long) capabilities);
    add(facts, "capabilities", capabilities == 0 ? "none" : hexadecimal);
}

void facts_gather(const struct child_env *env, struct facts *facts) {
    static const char *const tmpfs[] = {[TMPFS_OWN] = "own", [TMPFS_SHARED] = "shared", [TMPFS_NONE] = "none"};
    struct utsname name = {0};
    char namespaces[64];
    char uid[16];
    char runs[16];
    char cached[24];
    uname(&name);
    isolate_names(env->namespaces, namespaces, sizeof namespaces);
    snprintf(uid, sizeof uid, "%u", getuid());
    snprintf(runs, sizeof runs, "%u", env->runs);
    snprintf(cached, sizeof cached, "%" PRIu64, env->cached_bytes);

    facts->count = 0;
    add(facts, "contained", CONTAINED_VERSION);
    add(facts, "kernel", env->is_gvisor ? "gvisor" : "linux");
    add(facts, "kernel-release", name.release);
    add(facts, "namespaces", namespaces);
    add_interfaces(facts);
    add(facts, "root", root_is_read_only() ? "read-only" : "writable");
    add(facts, "token", env->token_mounted || facts_token_is_mounted() ? "mounted" : "absent");
    add(facts, "tmpfs", tmpfs[env->tmpfs]);
    add(facts, "proc", env->proc_is_own ? "own" : "shared");
    add_capabilities(facts);
    add(facts, "no-new-privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? "on" : "off");
    add(facts, "uid", uid);
    add(facts, "runs", runs);
    add(facts, "kept", cached);
    add(facts, "compression", "zstd");
    add(facts, "output-files", "patterns");
}
