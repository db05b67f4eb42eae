package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Caller;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The runs under way, each of which its caller can cancel by its id. A caller never sees the runs of others.
 * Thread-safe.
 */
public final class ActiveRuns {
    // A closed sandbox ends its run at once, unless a client takes its response slowly.
    private static final Duration LONGEST_CANCELLATION = Duration.ofSeconds(10);

    private final Map<RunId, Registration> runs = new ConcurrentHashMap<>();

    /** The id of a run, together with its caller. */
    record RunId(String caller, String id) {
        static RunId of(Caller caller, String id) {
            return new RunId(caller.key(), id);
        }
    }

    /** A run under way, registered under one id. */
    final class Registration implements AutoCloseable {
        private final RunId id;
        private final RunCancellation cancellation;
        private final CountDownLatch over = new CountDownLatch(1);

        private Registration(RunId id, RunCancellation cancellation) {
            this.id = id;
            this.cancellation = cancellation;
        }

        /** Removes the run under this id. */
        @Override
        public void close() {
            runs.remove(id, this);
            over.countDown();
        }
    }

    /** Registers a run. Empty if the caller has another run of that id under way. */
    Optional<Registration> begin(Caller caller, String id, RunCancellation cancellation) {
        var run = new Registration(RunId.of(caller, id), cancellation);
        return runs.putIfAbsent(run.id, run) == null ? Optional.of(run) : Optional.empty();
    }

    /** Returns whether the caller has a run of that id under way. */
    public boolean isUnderWay(Caller caller, String id) {
        return runs.containsKey(RunId.of(caller, id));
    }

    /**
     * Ends a run of the caller and waits, for at most 10 s, until its sandbox is gone. Returns false if there is no
     * such run.
     */
    public boolean cancel(Caller caller, String id) throws InterruptedException {
        Registration run = runs.get(RunId.of(caller, id));
        if (run == null) {
            return false;
        }
        run.cancellation.cancel(RunCancellation.Reason.ASKED_FOR);
        return run.over.await(LONGEST_CANCELLATION.toNanos(), TimeUnit.NANOSECONDS);
    }
}
