package dev.sandpool.runner.api.live;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.HeapShares;
import dev.sandpool.runner.HttpClock;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.StandardStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a live run holds of its runner: timers, and memory for its messages. */
class LiveRunResourcesTest extends LiveRunFixture {
    @Test
    void aRunThatIsClosedLeavesNothingToTheClock() throws Exception {
        var clock = new WatchedClock();
        try (var watched = new RunningServer(sandboxes, HeapShares.ofThisProcess(), clock)) {
            try (var saysNothing = watched.connect();
                    var isRefused = watched.connect()) {
                assertThat(saysNothing.ask(upgrade("websocket")).status()).isEqualTo(101);
                assertThat(isRefused.ask(upgrade("websocket")).status()).isEqualTo(101);
                saysNothing.send(frame(0x01, new byte[60_000]));
                isRefused.send(frame(0x81, new byte[] {'['}));
                assertThat(isRefused.frame()).contains("/problems/bad-request");
            }

            await().untilAsserted(() -> assertThat(clock.asked).hasSize(3).allMatch(Future::isCancelled));
            assertThat(clock.asked).noneMatch(clock.getQueue()::contains);
        }
    }

    @Test
    void aRunThatEndsAfterItsConnectionAsksTheClockForNothing() throws Exception {
        var clock = new WatchedClock();
        var goesOn = new CountDownLatch(1);
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            sandbox.awaitClose();
            goesOn.await();
            return FakeSandboxes.EXIT_0;
        });
        try (var watched = new RunningServer(sandboxes, HeapShares.ofThisProcess(), clock)) {
            try (var client = watched.connect()) {
                assertThat(client.ask(upgrade("websocket")).status()).isEqualTo(101);
                client.send(frame(0x81, new byte[] {'{', '}'}))
                        .send(frame(0x82, new byte[] {'x'}))
                        .send(frame(0x81, "{\"event\":\"program-end\"}".getBytes(UTF_8)));
                assertThat(client.frame()).contains("started");
            }
            await().untilAsserted(() -> assertThat(clock.asked).first().matches(Future::isCancelled));
            goesOn.countDown();

            await().until(() -> !watched.ended.isEmpty());
            await().untilAsserted(() -> assertThat(clock.asked).allMatch(Future::isCancelled));
        }
    }

    @Test
    void whatOthersPrintTakesNothingFromItsMessages() throws Exception {
        var printed = new CountDownLatch(1);
        var options = new LinkedBlockingQueue<Integer>();
        sandboxes.programIs((request, output, sandbox) -> {
            if (sandbox.receive(request) == 1) {
                output.write(StandardStream.STDOUT, new byte[100_000], 0, 100_000);
                printed.countDown();
                return sandbox.hang();
            }
            options.add(request.arguments().getFirst().length());
            return FakeSandboxes.EXIT_0;
        });
        try (var small = new RunningServer(sandboxes, new HeapShares(64 << 10), new HttpClock());
                var other = small.connect();
                var client = small.connect()) {
            other.send(RawClient.post("x"));
            assertThat(printed.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(small.registry.get("sandpool.memory.left").gauge().value())
                    .isEqualTo(4096);

            assertThat(client.ask(upgrade("websocket")).status()).isEqualTo(101);
            client.send(frame(0x81, ("{\"arguments\":[\"" + "a".repeat(50_000) + "\"]}").getBytes(UTF_8)))
                    .send(frame(0x82, "program".getBytes(UTF_8)))
                    .send(frame(0x81, "{\"event\":\"program-end\"}".getBytes(UTF_8)));

            assertThat(options.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(50_000);
        }
    }

    /** Remembers what it was asked to do once, later. */
    private static final class WatchedClock extends HttpClock {
        private final List<ScheduledFuture<?>> asked = new CopyOnWriteArrayList<>();

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            ScheduledFuture<?> future = super.schedule(task, delay, unit);
            asked.add(future);
            return future;
        }
    }
}
