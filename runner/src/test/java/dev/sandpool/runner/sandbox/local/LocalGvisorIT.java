package dev.sandpool.runner.sandbox.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.Sandbox;
import dev.sandpool.runner.sandbox.TestSettings;
import dev.sandpool.runner.sandbox.pool.WarmPool;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same in gVisor, where the machine has a runsc, a static busybox to make a root file system of, and lets us be root. */
class LocalGvisorIT extends LocalSandboxesIT {
    private static final Path BUSYBOX = Path.of("/bin/busybox");

    @TempDir
    Path rootfs;

    @Override
    LocalSandboxes.Settings settings() throws IOException {
        Optional<Path> runsc = Optional.ofNullable(System.getenv("SANDPOOL_RUNSC"))
                .map(Path::of)
                .or(LocalSandboxes.Settings::runscOnPath);
        assumeTrue(runsc.isPresent(), "no runsc");
        assumeTrue(Files.exists(BUSYBOX), "no busybox");
        Files.setPosixFilePermissions(rootfs, PosixFilePermissions.fromString("rwxr-xr-x")); // user 65532 must see it
        for (String folder : List.of("bin", "proc", "tmp", "tmpfs")) {
            Files.createDirectory(rootfs.resolve(folder));
        }
        Files.copy(BUSYBOX, rootfs.resolve("bin/busybox"));
        for (String applet : List.of("sh", "cat", "sleep")) {
            Files.createSymbolicLink(rootfs.resolve("bin").resolve(applet), Path.of("busybox"));
        }
        return new LocalSandboxes.Settings(CONTAINED, Optional.of(rootfs), runsc);
    }

    @Test
    void theKernelIsGvisors() throws Exception {
        assumeTrue(sandboxes.isolation().startsWith("isolated by gVisor"), "not root");
        assertThat(run("#!/bin/sh\nexec cat /proc/version\n")).isInstanceOf(RunResult.Exited.class);
        assertThat(output.stdout.toString(StandardCharsets.UTF_8)).containsIgnoringCase("gvisor");
    }

    @Test
    void aCallersRunsComeFromOneSandboxAndEachFindsAFreshWorld() throws Exception {
        assumeTrue(sandboxes.isolation().startsWith("isolated by gVisor"), "not root");
        try (WarmPool pool = new WarmPool(sandboxes, new SimpleMeterRegistry())) {
            pool.apply(TestSettings.reusing(settings(2), 100, "5m"));
            pool.open();
            Set<String> names = new HashSet<>();
            for (int i = 0; i < 50; i++) {
                await().until(() -> pool.state().warm() == 2 || pool.state().kept() == 1);
                names.add(runOf("one", pool));
                await().until(() -> pool.state().kept() == 1);
            }
            assertThat(names).hasSize(1);
            assertThat(runOf("other", pool)).isNotIn(names);
        }
        assertThat(output.stdout).hasToString("fresh\n".repeat(51));
    }

    private String runOf(String caller, WarmPool pool) throws Exception {
        String script = "#!/bin/sh\n"
                + "if [ -e left ] || [ -e /tmp/left ]; then echo found; else echo fresh; fi\n"
                + "echo x >left; echo x >/tmp/left; sleep 60 >/dev/null 2>&1 &\n";
        try (Sandbox sandbox = pool.claim(caller, Duration.ofSeconds(5))) {
            assertThat(sandbox.run(request(script), output, () -> {})).isInstanceOf(RunResult.Exited.class);
            return sandbox.name();
        }
    }
}
