package dev.sandpool.runner;

import static dev.sandpool.runner.FakeSandboxes.EXIT_0;
import static dev.sandpool.runner.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.sandbox.SandboxStartException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** More requests than workers, and fewer sandboxes than requests. */
@Order(1)
public class OverloadTest {
    private final CountDownLatch running = new CountDownLatch(1);
    private final CountDownLatch finish = new CountDownLatch(1);
    private final Queue<String> order = new ConcurrentLinkedQueue<>();
    private final FakeSandboxes sandboxes = new FakeSandboxes((request, output, sandbox) -> {
        order.add(request.arguments().toString());
        sandbox.receive(request);
        running.countDown();
        finish.await();
        return EXIT_0;
    });

    @Test
    void requestsQueueInTheirOrderAndBeyondTheQueueAreRefused() throws Exception {
        try (var server = new RunningServer(sandboxes, "--workers=1", "--queue-depth=2");
                var first = server.connect();
                var second = server.connect();
                var third = server.connect()) {
            first.send(post("p", "X-Argument: 1"));
            running.await();
            second.send(post("p", "X-Argument: 2"));
            awaitQueue(server, 1);
            third.send(post("p", "X-Argument: 3"));
            awaitQueue(server, 2);

            var refused = server.ask(post("p", "X-Argument: 4"));

            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.body()).isEqualTo("too many runs at once\n");
            assertThat(refused.header("retry-after")).matches("[1-9]\\d*");
            assertThat(refused.header("server-timing")).startsWith("queue;dur=");
            finish.countDown();
            assertThat(first.reply().status()).isEqualTo(200);
            assertThat(second.reply().status()).isEqualTo(200);
            assertThat(third.reply().status()).isEqualTo(200);
            assertThat(order).containsExactly("[1]", "[2]", "[3]");
        }
    }

    @Test
    void probesAnswerWhileAllWorkersAreTaken() throws Exception {
        try (var server = new RunningServer(sandboxes, "--workers=1", "--queue-depth=0");
                var first = server.connect()) {
            first.send(post("p"));
            running.await();

            assertThat(server.askAdmin("/livez").body()).isEqualTo("OK\n");
            assertThat(server.askAdmin("/readyz").body()).isEqualTo("OK\n");
            assertThat(server.ask("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").body())
                    .isEqualTo("OK\n");
            assertThat(server.ask(post("p")).status()).isEqualTo(503);
            assertThat(sandboxes.runs()).isEqualTo(1);
            finish.countDown();
        }
    }

    @Test
    void aWaitInTheQueueEnds() throws Exception {
        try (var server = new RunningServer(sandboxes, "--workers=1", "--queue-timeout=50ms");
                var first = server.connect()) {
            // So short a wait is too short for a pool that opens.
            await().untilAsserted(() ->
                    assertThat(server.askAdmin("/readyz").status()).isEqualTo(200));
            first.send(post("p"));
            running.await();

            assertThat(server.ask(post("p")).status()).isEqualTo(503);
            finish.countDown();
            assertThat(first.reply().status()).isEqualTo(200);
        }
    }

    /** A frontend goes after five seconds: to wait longer would help nobody. */
    @Test
    void aWaitForTheOldPathEndsWhileARunsTimeIsLeft() throws Exception {
        try (var server = new RunningServer(sandboxes, "--workers=1", "--queue-timeout=10m", "--run-timeout=1s");
                var first = server.connect()) {
            first.send(post("p"));
            running.await();

            var refused = server.ask(post("p"));

            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("retry-after")).matches("[1-9]\\d*");
            finish.countDown();
            assertThat(first.reply().status()).isEqualTo(200);
        }
    }

    @Test
    void aWaitForASandboxEndsSoToo() throws Exception {
        sandboxes.startIs(finish::await);
        try (var server = new RunningServer(sandboxes, "--queue-timeout=10m", "--run-timeout=1s")) {
            var refused = server.ask(post("p"));

            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.body()).isEqualTo("no sandbox is free\n");
            assertThat(refused.header("retry-after")).isNotEmpty();
            finish.countDown();
        }
    }

    @Test
    void whatIsWaitedComesOutOfTheRunsTimeOnTheOldPathOnly() throws Exception {
        var given = new ConcurrentLinkedQueue<Optional<Duration>>();
        sandboxes.programIs((request, output, sandbox) -> {
            given.add(request.asked().runTimeout());
            sandbox.receive(request);
            running.countDown();
            finish.await();
            return EXIT_0;
        });
        try (var server = new RunningServer(sandboxes, "--workers=1");
                var first = server.connect();
                var second = server.connect();
                var third = server.connect()) {
            first.send(post("p"));
            running.await();
            second.send(post("p"));
            awaitQueue(server, 1);
            long secondWaits = System.nanoTime();
            third.send(post("p").replace("/run", "/v1/runs"));
            awaitQueue(server, 2);
            Duration waited = Duration.ofNanos(System.nanoTime() - secondWaits);
            finish.countDown();

            assertThat(second.reply().status()).isEqualTo(200);
            assertThat(third.reply().status()).isEqualTo(200);
            var all = List.copyOf(given);
            assertThat(all.get(0).orElseThrow()).isLessThanOrEqualTo(Duration.ofSeconds(5));
            // It waited a little longer than was measured.
            assertThat(all.get(1).orElseThrow())
                    .isLessThan(Duration.ofSeconds(5).minus(waited));
            assertThat(all.get(2)).isEmpty();
        }
    }

    @Test
    void aRunnerWithoutSandboxesSaysSo() throws Exception {
        sandboxes.startIs(() -> {
            throw new SandboxStartException(SandboxStartException.Reason.IMAGE_PULL, "no such image");
        });
        try (var server = new RunningServer(sandboxes, "--queue-timeout=50ms")) {
            await().untilAsserted(
                            () -> assertThat(server.askAdmin("/readyz").body()).contains("no such image"));

            var reply = server.ask(post("p"));
            var health = server.ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
            var ready = server.askAdmin("/readyz");

            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.header("retry-after")).isNotEmpty();
            assertThat(health.status()).isEqualTo(500);
            assertThat(health.body()).isEqualTo("health check failure: no sandbox starts: IMAGE_PULL: no such image\n");
            assertThat(ready.status()).isEqualTo(503);
            assertThat(server.askAdmin("/livez").status()).isEqualTo(200);
        }
    }

    private static void awaitQueue(RunningServer server, int depth) {
        await().untilAsserted(() -> assertThat(queueDepth(server)).isEqualTo(depth));
    }

    public static int queueDepth(RunningServer server) throws IOException {
        return (int) server.registry.get("sandpool.queue.depth").gauge().value();
    }
}
