package dev.sandpool.runner.sandbox.session;

import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.OutputSink;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Decides when a run's response has to begin so that it arrives by the deadline. A program that floods has megabytes on
 * their way when it is killed. EXIT comes after them, and this output still has to be passed on. So such a run is
 * answered without its EXIT.
 */
final class ResponseDeadline {
    // A margin, because the caller may be on a busy node too.
    private static final Duration ANSWER_BEFORE = Duration.ofMillis(100);

    // contained has sent all files by then. What is on its way passes quickly once nothing waits for the client.
    private static final Duration LAST_FILES_BEFORE = Duration.ofSeconds(1);

    private final Deadline deadline;
    private final OutputSink output;
    private final LongSupplier nanoClock;
    private boolean flooded;

    ResponseDeadline(Deadline deadline, OutputSink output, LongSupplier nanoClock) {
        this.deadline = deadline;
        this.output = output;
        this.nanoClock = nanoClock;
    }

    /** Notes that output came. Returns true when the response must begin with what there is. */
    boolean isUpAfterOutput() {
        // A program that still prints when it is to be interrupted may print faster than its output arrives.
        flooded |= left().minus(output.timeToAnswer()).compareTo(ProgramUpload.INTERRUPT_BEFORE) <= 0;
        return !waitsForExit() && answerBy().left(nanoClock.getAsLong()).isZero();
    }

    /** Returns whether a client that takes files as they come gets no more of them, so that EXIT comes in time. */
    boolean isUpForFiles() {
        return left().compareTo(LAST_FILES_BEFORE) <= 0;
    }

    /**
     * Returns the deadline for EXIT. If the program prints little, EXIT arrives in time, and a response without it
     * would say less.
     */
    Deadline latestExit() {
        return waitsForExit() ? deadline : answerBy();
    }

    /** Returns whether a response needs EXIT. */
    boolean waitsForExit() {
        return !flooded && output.timeToAnswer().compareTo(ProgramUpload.KILL_BEFORE.minus(ANSWER_BEFORE)) <= 0;
    }

    private Duration left() {
        return deadline.left(nanoClock.getAsLong());
    }

    private Deadline answerBy() {
        return deadline.before(ANSWER_BEFORE.plus(output.timeToAnswer()));
    }
}
