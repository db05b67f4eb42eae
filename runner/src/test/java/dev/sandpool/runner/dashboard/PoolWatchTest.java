package dev.sandpool.runner.dashboard;

import static dev.sandpool.runner.dashboard.TestRuns.exited;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.admission.Caller;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PoolWatchTest {
    private static final Duration NOW = Duration.ZERO;

    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger warm = new AtomicInteger(1);
    private final AtomicInteger dropped = new AtomicInteger();
    private @Nullable Runnable tick;
    private Runnable afterTheLook = () -> {};
    private final PoolWatch watch = new PoolWatch(this::pool, () -> Instant.EPOCH, this::pulse);

    private PoolSnapshot pool() {
        asked.incrementAndGet();
        var now = new PoolSnapshot("p", "r", "v1", 2, warm.get(), 2, "as many as may be", 0, 0, 0, 16, List.of());
        Runnable next = afterTheLook;
        afterTheLook = () -> {};
        next.run();
        return now;
    }

    private Runnable pulse(Runnable action) {
        tick = action;
        return () -> tick = null;
    }

    private void second() {
        if (tick != null) {
            tick.run();
        }
    }

    private static final Caller STRANGER = new Caller("user:stranger");

    private PoolWatch.Listener listen() {
        return listen(STRANGER);
    }

    private PoolWatch.Listener listen(Caller caller) {
        return watch.listen(caller, dropped::incrementAndGet).orElseThrow();
    }

    private static String text(PoolWatch.Listener listener) throws InterruptedException {
        return new String(listener.next(NOW).orElseThrow(), StandardCharsets.UTF_8);
    }

    @Test
    void theStateOfThePoolIsToldFirst() throws InterruptedException {
        try (var listener = listen()) {
            assertThat(text(listener))
                    .startsWith("event: pool\ndata: {\"at\":0,\"pool\":\"p\",\"runner\":\"r\",")
                    .contains("\"warm\":1")
                    .endsWith("}\n\n");
            assertThat(text(listener)).isEmpty();
        }
    }

    @Test
    void onlyWhatChangedIsToldAgain() throws InterruptedException {
        try (var listener = listen()) {
            text(listener);
            second();
            assertThat(text(listener)).isEmpty();

            warm.set(2);
            second();
            second();

            assertThat(text(listener)).contains("\"warm\":2");
            assertThat(text(listener)).isEmpty();
        }
    }

    @Test
    void aChangeWhileSomebodyBeginsToListenReachesAll() throws InterruptedException {
        try (var first = listen()) {
            text(first);
            afterTheLook = () -> {
                warm.set(2);
                second();
            };
            try (var second = listen()) {
                assertThat(text(first)).contains("\"warm\":2");
                assertThat(text(second)).contains("\"warm\":1");

                second();

                assertThat(text(second)).contains("\"warm\":2");
                second();
                assertThat(text(second)).isEmpty();
            }
        }
    }

    @Test
    void aRunThatEndsIsToldToAll() throws InterruptedException {
        try (var one = listen();
                var other = listen()) {
            text(one);
            text(other);
            watch.ended(exited("not a handle"));

            String told = text(one);
            assertThat(told).startsWith("event: run\ndata: {\"handle\":\"").doesNotContain("not a handle");
            assertThat(text(other)).isEqualTo(told);
        }
    }

    @Test
    void theIdIsToldToWhomTheRunBelongs() throws InterruptedException {
        try (var own = listen(new Caller("somebody"));
                var other = listen()) {
            text(own);
            text(other);
            watch.ended(exited("abc"));

            assertThat(text(own)).contains("\"id\":\"abc\"");
            assertThat(text(other)).doesNotContain("\"id\"");
        }
    }

    @Test
    void nothingIsComputedWhileNobodyListens() {
        second();
        assertThat(asked).hasValue(0);

        listen().close();
        int before = asked.get();
        second();

        assertThat(tick).isNull();
        assertThat(asked).hasValue(before);
    }

    @Test
    void theOneWhoIsTooSlowIsDroppedAndTheOthersAreNot() throws InterruptedException {
        try (var slow = listen();
                var quick = listen()) {
            for (int i = 0; i < PoolWatch.MOST_PENDING; i++) {
                text(quick);
                watch.ended(exited("run-" + i));
            }

            assertThat(dropped).hasValue(1);
            assertThat(slow.next(NOW)).isEmpty();
            assertThat(quick.next(NOW)).isPresent();
        }
    }

    @Test
    void thereAreOnlySoManyAtOnce() {
        var listeners = new ArrayList<PoolWatch.Listener>();
        for (int i = 0; i < PoolWatch.MOST_LISTENERS; i++) {
            listeners.add(listen());
        }
        assertThat(watch.listen(STRANGER, () -> {})).isEmpty();

        listeners.getFirst().close();

        assertThat(watch.listen(STRANGER, () -> {})).isPresent();
    }

    @Test
    void theEndWakesAllAndLetsNobodyIn() throws Exception {
        try (var listener = listen()) {
            text(listener);
            var next = new CompletableFuture<Optional<byte[]>>();
            Thread.ofVirtual().start(() -> {
                try {
                    next.complete(listener.next(Duration.ofMinutes(1)));
                } catch (InterruptedException e) {
                    next.completeExceptionally(e);
                }
            });
            watch.close();

            assertThat(next.get(10, TimeUnit.SECONDS)).isEmpty();
            assertThat(watch.listen(STRANGER, () -> {})).isEmpty();
            assertThat(tick).isNull();
        }
    }
}
