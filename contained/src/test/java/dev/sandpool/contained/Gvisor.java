package dev.sandpool.contained;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** Contained under runsc, as a sandbox pod has it: ordinary user, read-only root, one memory file system, no capability, no network. */
final class Gvisor {
    private static final Path BUSYBOX = Path.of("/bin/busybox");

    /** One for all: the root file system is read-only, and each runsc has a name of its own in the state. */
    private static final class Shared {
        private static final Path BUNDLE = makeBundle(true);
    }

    private static final class Writable {
        private static final Path BUNDLE = makeBundle(false);
    }

    private Gvisor() {}

    /** Empty where it can be done. */
    static String whyNot() {
        return whyNoRunsc().isEmpty()
                        && System.getProperty("contained.binary", "").contains("sanitized")
                ? "the sanitized contained is no static program"
                : whyNoRunsc();
    }

    static String whyNoRunsc() {
        if (runsc().isEmpty()) {
            return "no runsc: set SANDPOOL_RUNSC";
        }
        if (!Files.exists(BUSYBOX)) {
            return "no busybox";
        }
        return "root".equals(System.getProperty("user.name")) ? "" : "not root";
    }

    static List<String> command() {
        return command(Shared.BUNDLE);
    }

    /** Whose root file system is not read-only, as no pod's is. */
    static List<String> commandOfWritableRoot() {
        return command(Writable.BUNDLE);
    }

    private static List<String> command(Path bundle) {
        return List.of(
                runsc().orElseThrow().toString(),
                "--root=" + bundle.resolve("state"),
                "--platform=systrap",
                "--network=none",
                "--ignore-cgroups",
                "run",
                "--bundle",
                bundle.toString(),
                "contained-" + UUID.randomUUID());
    }

    static Optional<Path> runsc() {
        return Optional.ofNullable(System.getenv("SANDPOOL_RUNSC"))
                .map(Path::of)
                .or(Gvisor::runscOnPath);
    }

    private static Optional<Path> runscOnPath() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .map(folder -> Path.of(folder, "runsc"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static Path makeBundle(boolean isReadOnly) {
        try {
            Path bundle = Files.createTempDirectory("contained-gvisor");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(bundle)));
            Path root = bundle.resolve("rootfs");
            makeRoot(root);
            Files.setPosixFilePermissions(bundle, PosixFilePermissions.fromString("rwxr-xr-x")); // the user must see it
            Files.createFile(root.resolve("contained"));
            Files.createDirectories(root.resolve("etc"));
            Files.writeString(root.resolve("etc/hosts"), "10.1.2.3\tpod\n");
            Path lastMessage = Files.createFile(bundle.resolve("termination-log"));
            Files.setPosixFilePermissions(lastMessage, PosixFilePermissions.fromString("rw-rw-rw-"));
            Files.writeString(bundle.resolve("config.json"), config(root, isReadOnly, lastMessage));
            return bundle;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The least that contained and a shell want of a root file system. */
    static void makeRoot(Path root) throws IOException {
        for (String folder : List.of("bin", "proc", "tmp", "tmpfs")) {
            Files.createDirectories(root.resolve(folder));
        }
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.copy(BUSYBOX, root.resolve("bin/busybox"));
        for (String applet : List.of("sh", "cat", "ls", "sleep")) {
            Files.createSymbolicLink(root.resolve("bin").resolve(applet), Path.of("busybox"));
        }
    }

    /** As containerd makes it of a pod, with what the kubelet mounts into each. */
    private static String config(Path root, boolean isReadOnly, Path lastMessage) {
        return """
                {"ociVersion": "1.0.2", "hostname": "pod",
                 "process": {"terminal": false, "user": {"uid": 65532, "gid": 65532}, "cwd": "/", "env": [],
                   "args": ["/contained", "--tmpfs", "/tmpfs"], "noNewPrivileges": true,
                   "capabilities": {"bounding": [], "effective": [], "permitted": [], "inheritable": []}},
                 "root": {"path": "%s", "readonly": %s},
                 "mounts": [
                   {"destination": "/proc", "type": "proc", "source": "proc"},
                   {"destination": "/tmpfs", "type": "tmpfs", "source": "tmpfs",
                    "options": ["nosuid", "nodev", "mode=1777", "size=256m"]},
                   {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
                    "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=64m"]},
                   {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": ["nosuid", "noexec", "nodev"]},
                   {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
                   {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev", "ro"]},
                   {"destination": "/dev/termination-log", "type": "bind", "source": "%s", "options": ["rw", "bind"]},
                   {"destination": "/contained", "type": "bind", "source": "%s", "options": ["ro", "bind"]}],
                 "linux": {"namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}]}}
                """.formatted(root, isReadOnly, lastMessage, Contained.BINARY);
    }

    private static void unmount(Path path) {
        try {
            new ProcessBuilder("umount", path.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            System.err.println("cannot unmount " + path + ": " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static void delete(Path folder) {
        unmount(folder.resolve("state/null-netns")); // runsc leaves an empty network namespace there
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted((one, other) -> other.compareTo(one)).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            System.err.println("cannot delete " + folder + ": " + e);
        }
    }
}
