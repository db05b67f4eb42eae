package dev.sandpool.runner.run;

import dev.sandpool.runner.sandbox.Outcome;
import dev.sandpool.runner.sandbox.RunRequest;
import dev.sandpool.runner.sandbox.RunResult;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * How long a client is kept. One of {@code /v1} waits for a sandbox as long as the pool says, and then has the whole time of a run. One of
 * {@code /run} goes five seconds after it asked, or when the time of a run has passed if that is longer: what it waits comes out of that
 * time, and it waits only while enough of it is left (decision 0018).
 */
final class Patience {
    // How long the Go playground's frontend waits for its backend, whatever a pool's runTimeout is.
    private static final Duration THE_FRONTENDS = Duration.ofSeconds(5);
    // contained ends a program half a second before the end, and the program needs some time of its own.
    private static final Duration LEAST_OF_A_RUN = Duration.ofSeconds(1);
    // The least that a run can be told to take.
    private static final Duration SHORTEST_RUN = Duration.ofMillis(600);
    // A program that had nine tenths of its time has had it, as far as anybody can tell on a busy node.
    private static final int PARTS = 10;

    private final Optional<Duration> run;
    private final LongSupplier nanoTime;
    private final long since;

    private Patience(Optional<Duration> run, LongSupplier nanoTime) {
        this.run = run;
        this.nanoTime = nanoTime;
        this.since = nanoTime.getAsLong();
    }

    /** As much as the pool has for those who wait. */
    static Patience ofThePool() {
        return new Patience(Optional.empty(), () -> 0);
    }

    /** From now on, for the wait and the run together. */
    static Patience of(Duration runTimeout, LongSupplier nanoTime) {
        return new Patience(Optional.of(runTimeout), nanoTime);
    }

    /** How long a wait that begins now may be, of at most so long; never negative. */
    Duration wait(Duration atMost) {
        Duration wait =
                run.map(time -> shorter(atMost, left(time).minus(least(time)))).orElse(atMost);
        return wait.isNegative() ? Duration.ZERO : wait;
    }

    /** What is left of so much time, for a run that begins now. */
    Duration forRun(Duration time) {
        return run.map(whole -> shorter(time, longer(left(whole), SHORTEST_RUN)))
                .orElse(time);
    }

    /** The request with what is left of its time, if it begins now. */
    RunRequest within(RunRequest request) {
        return run.map(time ->
                        request.within(forRun(request.asked().runTimeout().orElse(time))))
                .orElse(request);
    }

    /**
     * Whether a run ended for want of the time that its client had waited, so that nobody knows how its program would have ended.
     *
     * @param begun the request as it was run
     */
    boolean cutShort(RunResult result, RunRequest begun) {
        Outcome outcome = result.outcome();
        boolean timeWasUp = outcome == Outcome.TIMED_OUT || outcome == Outcome.UNANSWERED;
        return timeWasUp
                && run.filter(time -> begun.asked()
                                .runTimeout()
                                .filter(given -> given.compareTo(time.minus(time.dividedBy(PARTS))) < 0)
                                .isPresent())
                        .isPresent();
    }

    private Duration left(Duration time) {
        return longer(time, THE_FRONTENDS).minusNanos(nanoTime.getAsLong() - since);
    }

    private static Duration least(Duration time) {
        return shorter(LEAST_OF_A_RUN, longer(SHORTEST_RUN, time.dividedBy(2)));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}
