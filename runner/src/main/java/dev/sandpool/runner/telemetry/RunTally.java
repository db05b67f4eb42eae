package dev.sandpool.runner.telemetry;

import dev.sandpool.crds.RunCounts;
import dev.sandpool.runner.run.RunEnding.Outcome;
import java.util.concurrent.atomic.LongAdder;

/** The runs of this life by how they ended, for the pool's status. */
final class RunTally {
    private final LongAdder total = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder timedOut = new LongAdder();

    void add(Outcome outcome) {
        switch (outcome) {
            case CLIENT_GONE -> {
                return; // nobody was answered
            }
            case REPEATED, CALLER_CONCURRENCY, CALLER_RATE, CALLER_DISPLACED, UNAUTHENTICATED -> {
                return; // no run of anybody, and nothing has failed
            }
            case AUTHENTICATION_UNAVAILABLE, OVERLOADED, NO_SANDBOX, SANDBOX_LOST, SHUTTING_DOWN, FAILED ->
                failed.increment();
            case TIMED_OUT, UNANSWERED, CPU_TIME_EXCEEDED -> timedOut.increment();
            case EXITED,
                    SIGNALLED,
                    OUTPUT_TOO_LARGE,
                    OUT_OF_MEMORY,
                    FILES_TOO_LARGE,
                    BAD_REQUEST,
                    CANCELLED,
                    FAILED_TO_START,
                    PROGRAM_TOO_LARGE,
                    UPLOAD_FAILED,
                    UPLOAD_STALLED -> {}
        }
        total.increment();
    }

    RunCounts counts() {
        return new RunCounts(total.sum(), failed.sum(), timedOut.sum());
    }
}
