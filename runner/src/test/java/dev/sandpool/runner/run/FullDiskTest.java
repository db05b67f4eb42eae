package dev.sandpool.runner.run;

import static dev.sandpool.runner.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.HeapShares;
import dev.sandpool.runner.HttpClock;
import dev.sandpool.runner.RunningServer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Output for which there is no memory, and a disk that does not take it. */
class FullDiskTest {
    // An eighth of it is for outputs, which is much less than the programs print.
    private static final HeapShares SMALL_HEAP = new HeapShares(256 << 10);
    private static final String MUCH = "x".repeat(100_000);

    private final FakeSandboxes sandboxes = new FakeSandboxes(FakeSandboxes.printing(MUCH, 0));

    @Test
    void aRunWhoseOutputCannotBeKeptIsAnInternalErrorAndIsCounted(@TempDir Path parent) throws Exception {
        Path spool = Files.createDirectory(parent.resolve("spool"));
        try (var server = new RunningServer(sandboxes, SMALL_HEAP, new HttpClock(), "--spool-directory=" + spool)) {
            Files.delete(spool);

            var run = server.ask(post("program"));
            var v1 = server.ask(post("program").replace("/run", "/v1/runs"));

            assertThat(run.status()).isEqualTo(500);
            assertThat(run.body()).isEqualTo("internal error\n");
            assertThat(v1.status()).isEqualTo(500);
            assertThat(v1.body()).contains("/problems/internal-error");
            assertThat(server.askAdmin("/metrics").body()).contains("sandpool_runs_total{outcome=\"failed\"} 2.0");
        }
    }
}
