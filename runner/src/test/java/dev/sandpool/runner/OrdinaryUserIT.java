package dev.sandpool.runner;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandpool.runner.sandbox.local.LocalSandboxes;
import java.io.IOException;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole runner whose user is not root, with gVisor. All that it needs is copied to where such a user may read it. */
class OrdinaryUserIT {
    private static final Path BUSYBOX = Path.of("/bin/busybox");
    private static final Path CONTAINED = Path.of("../contained/target/contained");
    // Nobody else's on any machine.
    private static final int USER = 54321;
    // For the start of a JVM and a trial of gVisor, on a machine that does much else.
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Pattern SERVING = Pattern.compile("serving: run (http://\\S+)");

    // In a user namespace that has all users and may hold no other namespace: what a machine says whose sysctl forbids
    // them. The second
    // shell has what the namespace's root has, from when there is one.
    private static final List<String> WITHOUT_NAMESPACES = List.of(
            "unshare",
            "--user",
            "sh",
            "-c",
            "read mapped && sh -c 'echo 0 >/proc/sys/user/max_user_namespaces' && exec \"$@\"",
            "sh");

    @TempDir
    private Path folder;

    private @Nullable Process runner;

    @BeforeEach
    void copyAllThatIsNeeded() throws Exception {
        Path runsc = Optional.ofNullable(System.getenv("SANDPOOL_RUNSC"))
                .map(Path::of)
                .or(LocalSandboxes.Settings::runscOnPath)
                .orElse(Path.of("none"));
        assumeTrue(Files.exists(runsc), "no runsc");
        assumeTrue(Files.exists(BUSYBOX), "no busybox");
        Path jars = Files.createDirectory(folder.resolve("jars"));
        for (Path from : List.of(Path.of("target"), Path.of("target/lib"))) {
            try (Stream<Path> files = Files.list(from)) {
                for (Path jar :
                        files.filter(file -> file.toString().endsWith(".jar")).toList()) {
                    Files.copy(jar, jars.resolve(jar.getFileName()));
                }
            }
        }
        Files.copy(runsc, folder.resolve("runsc"));
        Files.copy(CONTAINED, folder.resolve("contained"));
        for (String inRoot : List.of("bin", "proc", "tmp", "tmpfs")) {
            Files.createDirectories(folder.resolve("rootfs").resolve(inRoot));
        }
        Files.createFile(folder.resolve("rootfs/contained"));
        Files.copy(BUSYBOX, folder.resolve("rootfs/bin/busybox"));
        for (String applet : List.of("sh", "cat")) {
            Files.createSymbolicLink(folder.resolve("rootfs/bin").resolve(applet), Path.of("busybox"));
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.filter(path -> !Files.isSymbolicLink(path)).toList()) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
        Path own = Files.createDirectory(folder.resolve("own"));
        Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwx------"));
        if (isRoot()) {
            Files.setAttribute(own, "unix:uid", USER);
        }
        assumeTrue(start(asUser(List.of(java(), "-version"))).waitFor() == 0, "an ordinary user cannot have Java here");
    }

    @AfterEach
    void end() throws InterruptedException {
        if (runner != null) {
            runner.descendants().forEach(ProcessHandle::destroyForcibly);
            runner.destroyForcibly().waitFor();
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static List<String> asUser(List<String> command) {
        var all = new ArrayList<String>();
        if (isRoot()) {
            all.addAll(List.of("setpriv", "--reuid=" + USER, "--regid=" + USER, "--clear-groups", "--inh-caps=-all"));
        }
        all.addAll(command);
        return all;
    }

    private Process start(List<String> command) {
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        builder.environment().clear();
        builder.environment()
                .putAll(Map.of(
                        "PATH",
                        System.getenv("PATH"),
                        "XDG_RUNTIME_DIR",
                        folder.resolve("own").toString()));
        try {
            return builder.start();
        } catch (IOException e) {
            assumeTrue(false, "no " + command.getFirst());
            throw new IllegalStateException(e);
        }
    }

    private List<String> theRunner() {
        return List.of(
                java(),
                "-cp",
                folder.resolve("jars/*").toString(),
                RunnerMain.class.getName(),
                "--listen=127.0.0.1:0",
                "--admin-listen=127.0.0.1:0",
                "--workers=2",
                "--contained=" + folder.resolve("contained"),
                "--runsc=" + folder.resolve("runsc"),
                "--rootfs=" + folder.resolve("rootfs"));
    }

    private String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    private static String stdoutOf(String url, String script) throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create(url + "/run"))
                    .POST(HttpRequest.BodyPublishers.ofString(script))
                    .build();
            String answer =
                    client.send(request, HttpResponse.BodyHandlers.ofString()).body();
            Matcher stdout = Pattern.compile("\"stdout\": *\"([^\"]*)\"").matcher(answer);
            assertThat(stdout.find()).as(answer).isTrue();
            return new String(Base64.getDecoder().decode(stdout.group(1)), UTF_8);
        }
    }

    @Test
    void programsRunInGvisorAndNothingIsLeftBehind() throws Exception {
        Process started = start(asUser(theRunner()));
        runner = started;
        Awaitility.await().atMost(PATIENCE).until(() -> log().contains("serving: ") || !started.isAlive());
        assumeTrue(started.isAlive() || !log().contains("user namespaces"), () -> "forbidden here: " + logged());

        Matcher serving = SERVING.matcher(log());
        assertThat(serving.find()).as(log()).isTrue();
        assertThat(log()).contains("isolation: isolated by gVisor", "rootless");
        for (int i = 0; i < 5; i++) {
            assertThat(stdoutOf(serving.group(1), "#!/bin/sh\nexec cat /proc/version\n"))
                    .containsIgnoringCase("gvisor");
        }

        started.destroy();
        assertThat(started.waitFor(PATIENCE)).isTrue();
        assertThat(started.exitValue()).as(log()).isZero();
        assertThat(folder.resolve("own/sandpool")).isEmptyDirectory();
        assertThat(ProcessHandle.allProcesses().filter(this::isOurs)).isEmpty();
    }

    private boolean isOurs(ProcessHandle process) {
        return process.info().commandLine().orElse("").contains(folder.toString());
    }

    private String logged() {
        try {
            return log();
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void whereUserNamespacesAreForbiddenItEndsAndNamesTheRule() throws Exception {
        assumeTrue(isRoot(), "only root can make a user namespace with two users in it");
        Process started = start(Stream.concat(WITHOUT_NAMESPACES.stream(), asUser(theRunner()).stream())
                .toList());
        runner = started;
        Path itself = Path.of("/proc", Long.toString(started.pid()));
        Path before = Files.readSymbolicLink(Path.of("/proc/self/ns/user"));
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> !started.isAlive()
                        || !Files.readSymbolicLink(itself.resolve("ns/user")).equals(before));
        assumeTrue(started.isAlive(), () -> "no user namespace to forbid others in: " + logged());
        for (String map : List.of("uid_map", "gid_map")) {
            Files.writeString(itself.resolve(map), "0 0 65536\n");
        }
        try (Writer go = started.outputWriter(UTF_8)) {
            go.write("mapped\n");
        }

        assertThat(started.waitFor()).isEqualTo(1);
        assertThat(log().lines())
                .singleElement()
                .asString()
                .startsWith(
                        "sandpool runner: cannot prepare local sandboxes: gVisor can start no sandbox here: the sysctl"
                                + " user.max_user_namespaces is 0")
                .contains("SANDPOOL_RUNSC=none");
        assertThat(folder.resolve("own/sandpool")).isEmptyDirectory();
    }
}
