#define _GNU_SOURCE
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CONFIG_BYTES = 4096 };

// What a sandbox pod has in gVisor: the same user, a read-only root, no capability, no new privileges. contained mounts the rest itself.
static const char config[] =
    "{\"ociVersion\": \"1.0.2\", \"hostname\": \"sandbox\","
    " \"process\": {\"terminal\": false, \"user\": {\"uid\": 65532, \"gid\": 65532}, \"args\": [\"/usr/local/bin/contained\"],"
    " \"env\": [], \"cwd\": \"/\", \"noNewPrivileges\": true,"
    " \"capabilities\": {\"bounding\": [], \"effective\": [], \"permitted\": [], \"inheritable\": []}},"
    " \"root\": {\"path\": \"%s\", \"readonly\": true},"
    " \"mounts\": [{\"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\"}],"
    " \"linux\": {\"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"network\"}, {\"type\": \"ipc\"}, {\"type\": \"uts\"},"
    " {\"type\": \"mount\"}]}}";

// Whether JSON says it as it is.
static int is_plain(const char *path) {
    for (const char *at = path; *at != 0; at++) {
        if ((unsigned char) *at < ' ' || *at == '"' || *at == '\\') {
            return 0;
        }
    }
    return 1;
}

int bundle_write(const char *root) {
    char text[CONFIG_BYTES];
    int length = is_plain(root) ? snprintf(text, sizeof text, config, root) : -1;
    if (length < 0 || (size_t) length >= sizeof text) {
        errno = EINVAL;
        return -1;
    }
    int file = open(BUNDLE_FOLDER "/config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return -1;
    }
    ssize_t written = write(file, text, (size_t) length);
    return close(file) == 0 && written == length ? 0 : -1;
}

// Not --rootless: as root of a user namespace runsc has all that it needs, and its sentry keeps no /proc. Not --directfs=false, with which
// the sentry would keep the capabilities that set it up.
char **bundle_command(void) {
    static char *command[] = {
        "runsc",
        "--root=" BUNDLE_FOLDER "/state",
        "--platform=systrap",
        "--network=none",
        "--gofer-network-namespace=host", // that of its inner sandbox, which is empty
        "--ignore-cgroups",
        "--overlay2=none", // the root is read-only
        "--host-settings=ignore",
        "run",
        "--bundle=" BUNDLE_FOLDER,
        "inner",
        NULL,
    };
    return command;
}
