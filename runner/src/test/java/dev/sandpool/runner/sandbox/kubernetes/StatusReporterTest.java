package dev.sandpool.runner.sandbox.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.crds.RunCounts;
import dev.sandpool.crds.RunnerStatus;
import dev.sandpool.runner.sandbox.ManualTimer;
import dev.sandpool.runner.sandbox.PoolState;
import dev.sandpool.runner.sandbox.PoolState.StartFailure;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.kubernetes.StatusSink.Written;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class StatusReporterTest {
    private static final RunnerIdentity RUNNER =
            new RunnerIdentity("go", "ns", "go-runner-0", Optional.empty(), "life1");

    private final ManualTimer timer = new ManualTimer();
    private final List<RunnerStatus> written = new CopyOnWriteArrayList<>();
    private final StatusEntry entry = new StatusEntry(RUNNER, Instant.EPOCH.plusMillis(1500));
    private final AtomicInteger looks = new AtomicInteger();
    private volatile boolean lost;
    private volatile int queued;
    private volatile Written ending = new Written.Done();
    private final StatusReporter reporter = new StatusReporter(
            () -> entry.of(pool(), new LoadReport(queued, RunCounts.NONE), Optional.of("r1"), Optional.empty()),
            new StatusSink() {
                @Override
                public Written write(RunnerStatus status) {
                    Written how = ending; // a test that has seen the write changes it
                    written.add(status);
                    return how;
                }

                @Override
                public boolean isLost(RunnerStatus status) {
                    looks.incrementAndGet();
                    return lost;
                }
            },
            timer);

    @AfterEach
    void close() {
        reporter.close();
    }

    private static PoolState pool() {
        return pool(Optional.empty(), Optional.empty());
    }

    private static PoolState pool(Optional<StartFailure> current, Optional<StartFailure> candidate) {
        return new PoolState(
                Map.of("r1", 2, "r2", 1),
                4,
                5,
                2,
                7,
                "because",
                6,
                Duration.ZERO,
                true,
                Optional.of("r1"),
                Optional.of("r2"),
                current,
                candidate);
    }

    /** Moves on when the reporter has asked to be called. */
    private void advance(Duration step) {
        await().until(() -> timer.isWaitedFor());
        timer.advance(step);
    }

    private void awaitWrites(int count) {
        await().untilAsserted(() -> assertThat(written).hasSize(count));
    }

    @Test
    void itTellsChangesOnlyAndNeverTwoWithinTwoSeconds() {
        reporter.start();
        advance(Duration.ZERO);
        awaitWrites(1);
        queued = 1;
        advance(StatusReporter.EVERY.minusMillis(1));
        queued = 2;
        assertThat(written).hasSize(1);
        timer.advance(Duration.ofMillis(1));
        awaitWrites(2);
        assertThat(written.getLast().queued()).isEqualTo(2);
        advance(StatusReporter.EVERY);
        advance(StatusReporter.EVERY);
        assertThat(written).hasSize(2);
    }

    @Test
    void whatCouldNotBeToldIsTriedAgainMoreAndMoreSeldom() {
        ending = new Written.Failed("409 conflict");
        reporter.start();
        advance(Duration.ZERO);
        awaitWrites(1);
        advance(StatusReporter.EVERY.multipliedBy(2).minusMillis(1));
        assertThat(written).hasSize(1);
        timer.advance(Duration.ofMillis(1));
        awaitWrites(2);
        ending = new Written.NoPool();
        advance(StatusReporter.EVERY.multipliedBy(4));
        awaitWrites(3);
        ending = new Written.Done();
        advance(StatusReporter.EVERY.multipliedBy(8));
        awaitWrites(4);
        queued = 1;
        advance(StatusReporter.EVERY);
        awaitWrites(5);
    }

    @Test
    void anEntryThatIsLostIsToldAgainWithinHalfAMinute() {
        reporter.start();
        advance(Duration.ZERO);
        awaitWrites(1);
        lost = true;
        for (Duration time = Duration.ZERO;
                time.compareTo(StatusReporter.LOOK_EVERY.minus(StatusReporter.EVERY)) < 0;
                time = time.plus(StatusReporter.EVERY)) {
            advance(StatusReporter.EVERY);
        }
        assertThat(written).hasSize(1);
        assertThat(looks).hasValue(0);
        advance(StatusReporter.EVERY);
        awaitWrites(2);
        assertThat(looks).hasValue(1);
    }

    @Test
    void theLastWordIsToldAndNothingAfterIt() {
        reporter.start();
        advance(Duration.ZERO);
        awaitWrites(1);
        queued = 7;
        reporter.close();
        assertThat(written.getLast().queued()).isEqualTo(7);
        queued = 8;
        reporter.close();
        assertThat(written).hasSize(2);
    }

    @Test
    void theEntrySaysWhatTheRunnerKnows() {
        RunnerStatus status =
                entry.of(pool(), new LoadReport(9, new RunCounts(3, 2, 1)), Optional.of("r2"), Optional.empty());
        assertThat(status)
                .isEqualTo(new RunnerStatus(
                        "go-runner-0",
                        "life1",
                        "1970-01-01T00:00:01Z",
                        "r1",
                        "r2",
                        3,
                        1,
                        7,
                        "because",
                        2,
                        5,
                        4,
                        9,
                        6,
                        new RunCounts(3, 2, 1),
                        null));
    }

    @Test
    void ofSeveralFailuresItTellsTheOneThatStandsInTheWayOfWhatIsWanted() {
        var current = failure("r1", Reason.QUOTA, "x");
        var candidate = failure("r2", Reason.IMAGE_PULL, "y");
        var unusable = failure("r3", Reason.FORBIDDEN, "z");
        assertThat(reason(pool(current, Optional.empty()), Optional.empty())).isEqualTo("Quota");
        assertThat(reason(pool(current, candidate), Optional.empty())).isEqualTo("ImagePull");
        assertThat(reason(pool(current, candidate), unusable)).isEqualTo("Forbidden");
    }

    private String reason(PoolState state, Optional<StartFailure> unusable) {
        return told(state, unusable).reason();
    }

    private RunnerStatus.StartFailure told(PoolState state, Optional<StartFailure> unusable) {
        return Optional.ofNullable(entry.of(state, new LoadReport(0, RunCounts.NONE), Optional.empty(), unusable)
                        .startFailure())
                .orElseThrow();
    }

    private static Optional<StartFailure> failure(String revision, Reason reason, String message) {
        return Optional.of(new StartFailure(revision, reason, message, Instant.EPOCH));
    }

    @Test
    void aFailureReadsTheSameForEachPodAndIsOneShortLine() {
        var state = pool(
                failure("r1", Reason.REFUSED_FACT, "pod go-sandbox-bcd4567xyz:\n no" + "!".repeat(9999)),
                Optional.empty());
        var failure = told(state, Optional.empty());
        assertThat(failure.message()).startsWith("pod go-sandbox-…:  no!!!").hasSize(500);
        assertThat(failure.reason()).isEqualTo("RefusedFact");
        assertThat(failure.since()).isEqualTo("1970-01-01T00:00:00Z");
    }
}
