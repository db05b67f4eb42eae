package dev.sandpool.runner.run;

import static dev.sandpool.runner.FakeSandboxes.EXIT_0;
import static dev.sandpool.runner.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.Succession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
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
    void whoComesWhileThereIsTimeIsServedAndSentAway() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                var server = new RunningServer(sandboxes);
                var client = server.connect();
                var old = server.connect()) {
            assertThat(old.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").header("connection"))
                    .isEmpty();
            client.send(post("program"));
            running.await();

            Future<?> drained = drain(threads, server);

            await().untilAsserted(
                            () -> assertThat(server.askAdmin("/readyz").body()).isEqualTo("shutting down\n"));
            finish.countDown();
            var begunBefore = client.reply();
            assertThat(begunBefore.status()).isEqualTo(200);
            assertThat(begunBefore.headers()).containsEntry("connection", "close");
            assertThat(client.isClosedByServer()).isTrue();
            drained.get();
            assertThat(old.isClosedByServer()).isTrue();
        }
    }

    @Test
    void anAnswerThatIsBeingSentIsWaitedFor() throws Exception {
        sandboxes.programIs(FakeSandboxes.printing("x".repeat(30_000_000), 0));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                var server = new RunningServer(sandboxes);
                var client = server.connect()) {
            client.send(post("program"));
            await().until(() -> !server.ended.isEmpty());

            Future<?> drained = drain(threads, server);

            await().during(Duration.ofSeconds(1)).until(() -> !drained.isDone());
            assertThat(client.reply().body()).hasSizeGreaterThan(40_000_000);
            drained.get();
        }
    }

    @Test
    void aRunOnAnOldConnectionIsServedWhileAnotherIsUnderWay() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                var server = new RunningServer(sandboxes);
                var client = server.connect();
                var old = server.connect()) {
            assertThat(old.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status()).isEqualTo(200);
            client.send(post("program"));
            running.await();
            Future<?> drained = drain(threads, server);
            await().untilAsserted(() ->
                    assertThat(server.askAdmin("/readyz").status()).isEqualTo(503));
            sandboxes.programIs(FakeSandboxes.printing("late", 0));

            var late = old.ask(post("program"));

            assertThat(late.status()).isEqualTo(200);
            assertThat(late.headers()).containsEntry("connection", "close");
            assertThat(old.isClosedByServer()).isTrue();
            assertThat(server.askAdmin("/livez").status()).isEqualTo(200);
            assertThat(drained).isNotDone();
            finish.countDown();
            assertThat(client.reply().status()).isEqualTo(200);
            drained.get();
        }
    }

    @Test
    void whenNoRunCouldFinishNewOnesAreRefusedAndUnusedConnectionsEnd() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                var server = new RunningServer(sandboxes, "--drain-timeout=5s", "--run-timeout=5s");
                var client = server.connect();
                var unused = server.connect()) {
            assertThat(unused.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status()).isEqualTo(200);
            client.send(post("program"));
            running.await();

            Future<?> drained = drain(threads, server);

            assertThat(unused.isClosedByServer()).isTrue();
            var refused = server.ask(post("p"));
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.body()).isEqualTo("shutting down\n");
            assertThat(refused.headers()).containsEntry("connection", "close");
            finish.countDown();
            assertThat(client.reply().status()).isEqualTo(200);
            drained.get();
        }
    }

    @Test
    void aRunWhoseFilesCouldNotComeInTimeIsRefused() throws Exception {
        var drain = new Drain();
        Drain.UnderWay aRun = drain.begin(new RunCancellation());
        List<Drain.Stage> stages = new ArrayList<>();
        Supplier<Succession> successors = () -> {
            stages.add(drain.stage());
            if (stages.size() == 2) {
                aRun.close();
            }
            return Succession.NONE;
        };

        drain.run(Duration.ZERO, Duration.ofSeconds(60), Duration.ofSeconds(63), successors, () -> {});

        assertThat(stages).containsExactly(Drain.Stage.LEAVING, Drain.Stage.REFUSING);
    }

    @Test
    void aRequestPutsOffTheEnd() throws Exception {
        Drain drain = new Drain();
        CountDownLatch closedIdle = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Drain.UnderWay request = drain.begin(new RunCancellation());
            Future<?> drained = threads.submit(() -> {
                drain.run(
                        Duration.ofMillis(1),
                        Duration.ZERO,
                        Duration.ofMinutes(1),
                        () -> Succession.NONE,
                        closedIdle::countDown);
                return null;
            });
            await().untilAsserted(() -> assertThat(drain.stage()).isEqualTo(Drain.Stage.LEAVING));
            Drain.UnderWay next = drain.begin(new RunCancellation());
            request.close();
            assertThat(closedIdle.getCount()).isEqualTo(1);
            next.close();
            drained.get();
            assertThat(closedIdle.getCount()).isZero();
            assertThat(drain.stage()).isEqualTo(Drain.Stage.LEAVING);
        }
    }

    @Test
    void theOnlyRunnerServesUntilAnotherIsReady() throws Exception {
        sandboxes.programIs(FakeSandboxes.printing("served", 0));
        var others = new AtomicReference<>(Succession.AWAITED);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                var server = new RunningServer(sandboxes)) {
            Future<?> drained = threads.submit(() -> {
                server.server.drain(Duration.ZERO, others::get);
                return null;
            });
            await().until(() ->
                    server.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").headers().containsKey("connection"));
            assertThat(server.askAdmin("/readyz").status()).isEqualTo(200);
            assertThat(server.ask(post("p")).status()).isEqualTo(200);
            await().during(Duration.ofSeconds(1)).until(() -> !drained.isDone());

            others.set(Succession.READY);

            drained.get();
            assertThat(server.askAdmin("/readyz").body()).isEqualTo("shutting down\n");
        }
    }

    @Test
    void whereNobodyTakesOverWhoComesIsToldToTryAgainUntilTheEnd() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                var server = new RunningServer(sandboxes, "--drain-timeout=2s", "--run-timeout=2s")) {
            Future<?> drained = threads.submit(() -> {
                server.server.drain(Duration.ZERO, () -> Succession.AWAITED);
                return null;
            });
            await().untilAsserted(() -> {
                var refused = server.ask(post("p"));
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.headers()).containsEntry("retry-after", "5");
            });
            assertThat(server.askAdmin("/readyz").status()).isEqualTo(200);
            drained.get();
        }
    }

    private static Future<?> drain(ExecutorService threads, RunningServer server) {
        return threads.submit(() -> {
            server.server.drain(Duration.ZERO, () -> Succession.NONE);
            return null;
        });
    }

    @Test
    void runsThatDoNotFinishInTimeAreEnded() throws Exception {
        try (var server = new RunningServer(sandboxes, "--drain-timeout=100ms");
                var client = server.connect()) {
            client.send(post("program"));
            running.await();

            server.server.drain(Duration.ZERO, () -> Succession.NONE);

            assertThat(client.reply().status()).isIn(200, 503);
        }
    }
}
