package dev.sandpool.bench;

import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.Sandboxes;
import dev.sandpool.runner.sandbox.StandardStream;
import dev.sandpool.runner.sandbox.local.LocalSandboxes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** contained in runsc over pipes, one sandbox at a time, started outside of what is measured. */
final class PipesTarget implements BenchTarget {
    private static final long MIB = 1 << 20;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);

    private final LocalSandboxes sandboxes;
    private final Revision revision;
    private Sandboxes.@Nullable WarmSandbox warm;

    PipesTarget(Path runsc, Path rootfs, Path contained) throws IOException {
        var limits = new SandboxLimits(
                100 * MIB, 16 * MIB, 100 * MIB, 100 * MIB, 64, Optional.empty(), Duration.ofSeconds(5));
        revision = Revision.local(limits);
        sandboxes = new LocalSandboxes(
                new LocalSandboxes.Settings(contained, Optional.of(rootfs), Optional.of(runsc)), limits);
    }

    @Override
    public String name() {
        return "runsc over plain pipes";
    }

    @Override
    public void awaitQuiet() throws Exception {
        if (warm == null) {
            warm = sandboxes.start(revision, START_TIMEOUT);
        }
        Machine.awaitIdle();
    }

    @Override
    public String run(byte[] program) throws Exception {
        Sandboxes.WarmSandbox sandbox = warm == null ? sandboxes.start(revision, START_TIMEOUT) : warm;
        warm = null;
        var stdout = new ByteArrayOutputStream();
        RunResult result = sandbox.run(
                new ProgramRequest(List.of(), new ByteArrayInputStream(program)),
                (stream, from, offset, length) -> {
                    if (stream == StandardStream.STDOUT) {
                        stdout.write(from, offset, length);
                    }
                },
                () -> {});
        Thread.startVirtualThread(sandbox::close); // as the runner: the answer does not wait for it
        return result instanceof RunResult.Exited ? stdout.toString(StandardCharsets.UTF_8) : result.toString();
    }

    @Override
    public boolean hasQueue() {
        return false;
    }

    @Override
    public double memoryPerWarmSandboxMib() {
        return Machine.childrenMemoryMib(ProcessHandle.current().pid());
    }

    @Override
    public void close() {
        sandboxes.close();
    }
}
