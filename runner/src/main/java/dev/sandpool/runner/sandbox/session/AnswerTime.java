package dev.sandpool.runner.sandbox.session;

import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.OutputSink;
import java.time.Duration;

/**
 * When a run's answer has to be begun so that it is there by the deadline. A program that floods has megabytes on their way when it is
 * killed; EXIT comes after them, and what came has to be passed on yet. So such a run is answered without its EXIT.
 */
final class AnswerTime {
    // The caller, too, is on a busy node.
    private static final Duration ANSWER_BEFORE = Duration.ofMillis(100);

    private final Deadline deadline;
    private final OutputSink output;
    private boolean flooded;

    AnswerTime(Deadline deadline, OutputSink output) {
        this.deadline = deadline;
        this.output = output;
    }

    /** Output came; true when what there is has to be the answer. */
    boolean isUpAfterOutput() {
        // A program that still prints when it is to be interrupted may print faster than its output comes up.
        flooded |= deadline.left().minus(output.timeToAnswer()).compareTo(RunSending.INTERRUPT_BEFORE) <= 0;
        return !waitsForExit() && answerBy().isOver();
    }

    /** How long EXIT is waited for. Of a program that prints little it comes in time, and who answers without it knows less. */
    Deadline latestExit() {
        return waitsForExit() ? deadline : answerBy();
    }

    /** Whether there is no answer without EXIT. */
    boolean waitsForExit() {
        return !flooded && output.timeToAnswer().compareTo(RunSending.KILL_BEFORE.minus(ANSWER_BEFORE)) <= 0;
    }

    private Deadline answerBy() {
        return deadline.before(ANSWER_BEFORE.plus(output.timeToAnswer()));
    }
}
