package dev.sandpool.runner.run;

import static dev.sandpool.runner.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.HeapShares;
import dev.sandpool.runner.HttpClock;
import dev.sandpool.runner.RunningServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Output for which there is no memory, and a disk that does not take it. */
class FullDiskTest {
    // An eighth of it is for outputs, which is much less than the programs print.
    private static final HeapShares SMALL_HEAP = new HeapShares(256 << 10);
    // Its answer does not fit into the buffers of a socket.
    private static final String MUCH = "x".repeat(4 << 20);

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

    @ParameterizedTest
    @ValueSource(strings = {"/run", "/v1/runs"})
    void aRunWhoseOutputFindsTheDiskFullOfOthersIsRefusedUntilOneOfThemIsGone(String path) throws Exception {
        String request = post("program").replace("/run", path);
        // Half of the disk is for one caller: two outputs.
        try (var server = new RunningServer(sandboxes, SMALL_HEAP, new HttpClock(), "--spool-limit=16Mi")) {
            List<Socket> readsNothing = new ArrayList<>();
            await().untilAsserted(() -> {
                readsNothing.add(connect(server, request));
                var refused = server.ask(request);
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.header("retry-after")).isNotEmpty();
                assertThat(refused.body()).contains("there is no room for the output of this run now");
            });

            for (Socket client : readsNothing) {
                client.close();
            }
            await().until(() -> server.ask(request).status() == 200);
        }
    }

    /** To try it again would not help, so it is not refused as one for which there is no room now. */
    @ParameterizedTest
    @ValueSource(strings = {"/run", "/v1/runs"})
    void anOutputThatIsLargerThanTheShareOfACallerIsAnError(String path) throws Exception {
        try (var server = new RunningServer(sandboxes, SMALL_HEAP, new HttpClock(), "--spool-limit=6Mi")) {
            var failed = server.ask(post("program").replace("/run", path));

            assertThat(failed.status()).isEqualTo(500);
            assertThat(failed.header("retry-after")).isEmpty();
        }
    }

    /** Connects as a client whose answer stays in the runner. */
    private static Socket connect(RunningServer server, String request) throws IOException {
        var client = new Socket();
        client.setReceiveBufferSize(1);
        client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.server.port()));
        client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return client;
    }
}
