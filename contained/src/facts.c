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

static int compare_strings(const void *left, const void *right) {
    return strcmp(*(char *const *) left, *(char *const *) right);
}

static void list_interfaces(char *list, size_t size) {
    struct if_nameindex *all = if_nameindex();
    if (all == NULL) {
        snprintf(list, size, "unknown");
        return;
    }
    char *names[MAX_INTERFACES];
    size_t count = 0;
    while (count < MAX_INTERFACES && all[count].if_name != NULL) {
        names[count] = all[count].if_name;
        count++;
    }
    qsort(names, count, sizeof *names, compare_strings);
    list[0] = 0;
    size_t used = 0;
    for (size_t i = 0; i < count && used < size; i++) {
        used += (size_t) snprintf(list + used, size - used, "%s%s", used > 0 ? "," : "", names[i]);
    }
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

static void name_capabilities(char *name, size_t size) {
    uint64_t capabilities = isolate_capabilities();
    if (capabilities == 0) {
        snprintf(name, size, "none");
    } else {
        snprintf(name, size, "%" PRIx64, capabilities);
    }
}

void facts_gather(const struct child_env *env, struct facts *facts) {
    static const char *const tmpfs[] = {[TMPFS_OWN] = "own", [TMPFS_SHARED] = "shared", [TMPFS_NONE] = "none"};
    struct utsname kernel = {0};
    char namespaces[64];
    char interfaces[FACT_VALUE];
    char capabilities[24];
    char uid[16];
    char runs[16];
    char cached[24];
    uname(&kernel);
    isolate_names(env->namespaces, namespaces, sizeof namespaces);
    list_interfaces(interfaces, sizeof interfaces);
    name_capabilities(capabilities, sizeof capabilities);
    snprintf(uid, sizeof uid, "%u", getuid());
    snprintf(runs, sizeof runs, "%u", env->runs);
    snprintf(cached, sizeof cached, "%" PRIu64, env->cached_bytes);

    const struct {
        const char *key;
        const char *value;
    } all[] = {
        {"contained", CONTAINED_VERSION},
        {"kernel", env->is_gvisor ? "gvisor" : "linux"},
        {"kernel-release", kernel.release},
        {"namespaces", namespaces},
        {"interfaces", interfaces},
        {"root", root_is_read_only() ? "read-only" : "writable"},
        {"token", env->token_mounted || facts_token_is_mounted() ? "mounted" : "absent"},
        {"tmpfs", tmpfs[env->tmpfs]},
        {"proc", env->proc_is_own ? "own" : "shared"},
        {"capabilities", capabilities},
        {"no-new-privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? "on" : "off"},
        {"uid", uid},
        {"runs", runs},
        {"kept", cached},
        {"compression", "zstd"},
        {"output-files", "patterns"},
    };
    _Static_assert(sizeof all / sizeof *all <= FACTS, "struct facts has room for each fact");
    facts->count = sizeof all / sizeof *all;
    for (size_t i = 0; i < facts->count; i++) {
        snprintf(facts->fact[i].key, FACT_KEY, "%s", all[i].key);
        snprintf(facts->fact[i].value, FACT_VALUE, "%s", all[i].value);
    }
}
