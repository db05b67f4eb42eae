package dev.sandpool.runner;

import static dev.sandpool.runner.FakeSandboxes.EXIT_0;
import static dev.sandpool.runner.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** SIGTERM, without the signal. */
class DrainTest {
    private final CountDownLatch running = new CountDownLatch(1);
    private final CountDownLatch finish = new CountDownLatch(1);
    private final FakeSandboxes sandboxes = new FakeSandboxes((request, output, sandbox) -> {
        sandbox.receive(request);
        running.countDown();
        Thread.ofVirtual().start(() -> {
            try {
                sandbox.awaitClose();
                finish.countDown();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        finish.await();
        return EXIT_0;
    });

    @Test
    void runsUnderWayFinishWhileNewOnesAreRefused() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                var server = new RunningServer(sandboxes);
                var client = server.connect();
                var idle = server.connect()) {
            assertThat(idle.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status()).isEqualTo(200);
            client.send(post("program"));
            running.await();

            Future<?> drained = threads.submit(() -> {
                server.server.drain(Duration.ZERO);
                return null;
            });

            await().untilAsserted(
                            () -> assertThat(server.askAdmin("/readyz").body()).isEqualTo("shutting down\n"));
            await().untilAsserted(() -> assertThat(server.ask(post("p")).body()).isEqualTo("shutting down\n"));
            var refused = idle.ask(post("program"));
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.headers()).containsEntry("connection", "close");
            assertThat(idle.isClosedByServer()).isTrue();
            assertThat(server.askAdmin("/livez").status()).isEqualTo(200);
            assertThat(drained).isNotDone();
            finish.countDown();
            assertThat(client.reply().status()).isEqualTo(200);
            drained.get();
        }
    }

    @Test
    void runsThatDoNotFinishInTimeAreEnded() throws Exception {
        try (var server = new RunningServer(sandboxes, "--drain-timeout=100ms");
                var client = server.connect()) {
            client.send(post("program"));
            running.await();

            server.server.drain(Duration.ZERO);

            assertThat(client.reply().status()).isIn(200, 503);
        }
    }
}
