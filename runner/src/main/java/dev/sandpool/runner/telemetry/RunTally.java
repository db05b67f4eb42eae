package dev.sandpool.runner.telemetry;

import dev.sandpool.crds.RunCounts;
import dev.sandpool.runner.sandbox.Outcome;
import java.util.concurrent.atomic.LongAdder;

/** The number of runs of this instance by their outcome, for the pool's status. */
final class RunTally {
    private final LongAdder total = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder timedOut = new LongAdder();

    void add(Outcome outcome) {
        switch (outcome.counted()) {
            case NOT -> {
                return;
            }
            case AS_FAILED -> failed.increment();
            case AS_TIMED_OUT -> timedOut.increment();
            case AS_RUN -> {}
        }
        total.increment();
    }

    RunCounts counts() {
        return new RunCounts(total.sum(), failed.sum(), timedOut.sum());
    }
}
