package dev.sandpool.runner.sandbox.local;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * An OCI bundle that runs contained in gVisor like a sandbox pod: same user, read-only root, one tmpfs, no
 * capabilities, no network.
 */
public record RunscBundle(Path rootfs, Path contained, long tmpfsBytes) {
    // The runAsUser of the pod template.
    private static final int UID = 65532;

    // Where images have contained. The runner's binary is mounted over it, so that local sandboxes with and without
    // gVisor use the same version.
    private static final List<String> PLACES =
            List.of("contained", "usr/bin/contained", "usr/local/bin/contained", "bin/contained");

    /**
     * Returns the path of contained. In a root file system without it, runsc creates an empty file as the mount point,
     * at the first of the places.
     */
    private String inside() {
        return "/"
                + PLACES.stream()
                        .filter(place -> Files.exists(rootfs.resolve(place)))
                        .findFirst()
                        .orElse(PLACES.getFirst());
    }

    /** Writes config.json into an existing folder. */
    void writeTo(Path folder) throws IOException {
        JsonMapper.builder().build().writeValue(folder.resolve("config.json").toFile(), config());
    }

    Map<String, Object> config() {
        return Map.of(
                "ociVersion", "1.0.2",
                "hostname", "sandbox",
                "process", process(),
                "root", Map.of("path", rootfs.toString(), "readonly", true),
                "mounts", mounts(),
                "linux", Map.of("namespaces", namespaces()));
    }

    private Map<String, Object> process() {
        Map<String, Object> none =
                Map.of("bounding", List.of(), "effective", List.of(), "permitted", List.of(), "inheritable", List.of());
        return Map.of(
                "terminal",
                false,
                "user",
                Map.of("uid", UID, "gid", UID),
                "args",
                List.of(inside(), "--tmpfs", "/tmpfs"),
                "env",
                List.of(),
                "cwd",
                "/",
                "capabilities",
                none,
                "noNewPrivileges",
                true);
    }

    private List<Map<String, Object>> mounts() {
        return List.of(
                Map.of("destination", "/proc", "type", "proc", "source", "proc"),
                Map.of(
                        "destination", "/tmpfs",
                        "type", "tmpfs",
                        "source", "tmpfs",
                        "options", List.of("nosuid", "nodev", "mode=1777", "size=" + tmpfsBytes)),
                Map.of(
                        "destination",
                        inside(),
                        "type",
                        "bind",
                        "source",
                        contained.toString(),
                        "options",
                        List.of("ro", "bind")));
    }

    private static List<Map<String, String>> namespaces() {
        return List.of("pid", "network", "ipc", "uts", "mount").stream()
                .map(type -> Map.of("type", type))
                .toList();
    }
}
