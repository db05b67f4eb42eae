package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * The supervisor as a pod with embedded gVisor has it: an ordinary user without capabilities or new privileges, a read-only root,
 * and a /proc of which parts are hidden, so that no other may be mounted.
 */
final class Embedded {
    // With sanitizers when contained has them; the contained in gVisor has to be static and has none.
    private static final Path BINARY =
            Path.of("target/supervisor" + (Contained.BINARY.endsWith("contained-sanitized") ? "-sanitized" : ""));

    // What a container runtime does for a pod whose security context is restricted.
    private static final String AS_IN_A_POD = """
            mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys &&
            mount -o remount,bind,ro / &&
            exec setpriv --reuid=65532 --regid=65532 --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all -- "$@"
            """;

    /** What the image has, where an ordinary user may read it. */
    private static final class Image {
        private static final Path FOLDER = make();

        private static Path make() {
            try {
                Path folder = Files.createTempDirectory("supervisor-image");
                Runtime.getRuntime().addShutdownHook(new Thread(() -> Gvisor.delete(folder)));
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
                Files.copy(BINARY, folder.resolve("supervisor"));
                Gvisor.makeRoot(folder.resolve("sandbox"));
                Path contained = Files.createDirectories(folder.resolve("sandbox/usr/local/bin"))
                        .resolve("contained");
                Files.copy(Path.of("target/contained"), contained);
                return folder;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static Path runsc() {
            try {
                Path runsc = FOLDER.resolve("runsc");
                if (!Files.exists(runsc)) {
                    Files.copy(Gvisor.runsc().orElseThrow(), runsc);
                }
                return runsc;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private Embedded() {}

    /** Empty where it can be done. */
    static String whyNot() {
        return Gvisor.whyNoRunsc().isEmpty() ? Privileges.WHY_NOT : Gvisor.whyNoRunsc();
    }

    /** Not every root may mount. */
    private static final class Privileges {
        private static final String WHY_NOT = find();

        private static String find() {
            try {
                Process process = new ProcessBuilder("unshare", "--mount", "--propagation", "private", "true")
                        .redirectErrorStream(true)
                        .start();
                String said = new String(process.getInputStream().readAllBytes(), UTF_8);
                return process.waitFor() == 0 ? "" : "no mount namespace: " + said;
            } catch (IOException e) {
                return "no unshare: " + e.getMessage();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    static boolean isStatic() {
        return BINARY.endsWith("supervisor");
    }

    /** The files of the image: supervisor, runsc and the folder sandbox. */
    static Path image() {
        Image.runsc();
        return Image.FOLDER;
    }

    static Contained start() {
        return start(Image.runsc());
    }

    /** With another program in the place of runsc: a shell script, which is given a namespace of its own as runsc is. */
    static Contained withRunsc(String... lines) throws IOException {
        Path runsc = Files.createTempFile(Image.FOLDER, "runsc", ".sh");
        Files.writeString(runsc, "#!/bin/sh\nPATH=/usr/bin:/bin\n" + String.join("\n", lines) + "\n");
        Files.setPosixFilePermissions(runsc, PosixFilePermissions.fromString("rwxr-xr-x"));
        return start(runsc);
    }

    /** The real runsc, after these lines. */
    static Contained withLinesBefore(String... lines) throws IOException {
        return withRunsc(String.join("\n", lines), "exec " + Image.runsc() + " \"$@\"");
    }

    private static Contained start(Path runsc) {
        List<String> command = new ArrayList<>(
                List.of("unshare", "--mount", "--propagation", "private", "sh", "-c", AS_IN_A_POD, "sh"));
        command.addAll(List.of(
                Image.FOLDER.resolve("supervisor").toString(),
                "--runsc",
                runsc.toString(),
                "--root",
                Image.FOLDER.resolve("sandbox").toString()));
        return Contained.by(command);
    }
}
