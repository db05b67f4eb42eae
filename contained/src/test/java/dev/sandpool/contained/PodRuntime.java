package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** The supervisor as process 1 of a container of runc, as containerd makes one of a restricted pod, under a seccomp profile. */
final class PodRuntime {
    static final Path PROFILE = Path.of("../manifests/embedded/seccomp.json");

    private static final String SUPERVISOR = "\"/supervisor\", \"--runsc\", \"/runsc\"";

    private final Path folder;

    private PodRuntime(Path folder) {
        this.folder = folder;
    }

    /** @param root has the supervisor, runsc, the folder sandbox, and whatever runc mounts on */
    static PodRuntime of(Path folder, Path root, String profile) throws IOException {
        for (String mounted : List.of("proc", "dev", "sys", "tmp", "run")) {
            Files.createDirectories(root.resolve(mounted));
        }
        Files.writeString(folder.resolve("termination-log"), "");
        Files.setPosixFilePermissions(folder.resolve("termination-log"), PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.writeString(folder.resolve("config.json"), config(folder, root, profile));
        return new PodRuntime(folder);
    }

    /** Empty where runc starts something here. */
    String whyNot() throws IOException {
        try {
            Ended supervisor = run("/supervisor", "--version");
            return supervisor.status() == 0 ? "" : "runc starts nothing here: " + supervisor.output();
        } catch (IOException e) {
            return "no runc: " + e.getMessage();
        }
    }

    record Ended(int status, String output) {}

    /** Runs that in the supervisor's place, to its end. */
    Ended run(String... command) throws IOException {
        Path bundle = Files.createDirectories(folder.resolve("other"));
        String arguments = Stream.of(command).map("\"%s\""::formatted).collect(joining(", "));
        String config = Files.readString(folder.resolve("config.json"));
        Files.writeString(bundle.resolve("config.json"), config.replace(SUPERVISOR, arguments));
        Process runc =
                new ProcessBuilder(command(bundle)).redirectErrorStream(true).start();
        String output = new String(runc.getInputStream().readAllBytes(), UTF_8);
        try {
            return new Ended(runc.waitFor(), output);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<String> command(Path bundle) {
        return List.of(
                "runc",
                "--root",
                folder.resolve("state").toString(),
                "run",
                "--bundle",
                bundle.toString(),
                "sandpool-" + UUID.randomUUID());
    }

    Contained start() {
        return Contained.by(command(folder));
    }

    /** What a kubelet shows as the reason of a container's end. */
    String terminationMessage() throws IOException {
        return Files.readString(folder.resolve("termination-log"));
    }

    private static String config(Path folder, Path root, String profile) {
        return """
            {"ociVersion": "1.0.2", "hostname": "pod",
             "process": {"terminal": false, "user": {"uid": 65532, "gid": 65532}, "cwd": "/", "env": [],
               "args": [%s], "noNewPrivileges": true,
               "capabilities": {"bounding": [], "effective": [], "permitted": [], "inheritable": []}},
             "root": {"path": "%s", "readonly": true},
             "mounts": [
               {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
               {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"]},
               {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
                "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
               {"destination": "/dev/termination-log", "type": "bind", "source": "%s/termination-log",
                "options": ["rbind", "rprivate", "rw"]},
               {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]}],
             "linux": {
               "namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}],
               "maskedPaths": ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi", "/sys/firmware"],
               "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
               "seccomp": %s}}
            """.formatted(SUPERVISOR, root, folder, profile);
    }
}
