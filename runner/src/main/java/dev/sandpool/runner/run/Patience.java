package dev.sandpool.runner.run;

import dev.sandpool.runner.sandbox.Outcome;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RunResult;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The time budget of a client. A request of {@code /v1} waits for a sandbox as long as the pool's settings say, and
 * then has the full time of a run. A client of {@code /run} gives up five seconds after its request, or after the time
 * of a run if that is longer. So its wait reduces the time of its run, and it waits only while enough time is left
 * (decision 0018).
 */
final class Patience {
    // How long the Go playground's frontend waits for its backend, whatever the pool's runTimeout is.
    private static final Duration THE_FRONTENDS = Duration.ofSeconds(5);
    // contained ends a program half a second before the end, and the program needs some time of its own.
    private static final Duration LEAST_OF_A_RUN = Duration.ofSeconds(1);
    // The shortest time limit that a run can have.
    private static final Duration SHORTEST_RUN = Duration.ofMillis(600);
    // A program that had nine tenths of its time counts as having had all of it: on a busy node the difference cannot
    // be measured.
    private static final int PARTS = 10;

    private final Optional<Duration> run;
    private final LongSupplier nanoTime;
    private final long since;

    private Patience(Optional<Duration> run, LongSupplier nanoTime) {
        this.run = run;
        this.nanoTime = nanoTime;
        this.since = nanoTime.getAsLong();
    }

    /** Returns the budget of a client that waits as long as the pool's settings say. */
    static Patience ofThePool() {
        return new Patience(Optional.empty(), () -> 0);
    }

    /** Returns a budget that starts now and covers the wait and the run together. */
    static Patience of(Duration runTimeout, LongSupplier nanoTime) {
        return new Patience(Optional.of(runTimeout), nanoTime);
    }

    /** Returns how long a wait that begins now may take, at most {@code atMost}; never negative. */
    Duration wait(Duration atMost) {
        Duration wait =
                run.map(time -> shorter(atMost, left(time).minus(least(time)))).orElse(atMost);
        return wait.isNegative() ? Duration.ZERO : wait;
    }

    /** Returns what is left of {@code time} for a run that begins now. */
    Duration forRun(Duration time) {
        return run.map(whole -> shorter(time, longer(left(whole), SHORTEST_RUN)))
                .orElse(time);
    }

    /** Returns the request, limited to the time that is left if it begins now. */
    ProgramRequest within(ProgramRequest request) {
        return run.map(time ->
                        request.within(forRun(request.asked().runTimeout().orElse(time))))
                .orElse(request);
    }

    /**
     * Returns whether the run timed out only because its client had waited. Then it is unknown how the program would
     * have ended.
     *
     * @param begun the request as it was run
     */
    boolean cutShort(RunResult result, ProgramRequest begun) {
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
