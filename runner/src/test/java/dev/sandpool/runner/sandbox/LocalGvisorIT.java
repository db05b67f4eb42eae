package dev.sandpool.runner.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
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
}
