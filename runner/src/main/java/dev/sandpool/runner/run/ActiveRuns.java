package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Caller;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The runs that go on, each of which its caller can cancel by its id. One caller never sees another's. Safe for all threads. */
public final class ActiveRuns {
    // A sandbox that is closed ends its run at once, but for a client that takes its answer slowly.
    private static final Duration LONGEST_CANCELLATION = Duration.ofSeconds(10);

    private final Map<RunId, Registration> runs = new ConcurrentHashMap<>();

    /** An id, and whose it is. */
    record RunId(String caller, String id) {
        static RunId of(Caller caller, String id) {
            return new RunId(caller.key(), id);
        }
    }

    /** A run that goes on, under one id. */
    final class Registration implements AutoCloseable {
        private final RunId id;
        private final RunCancellation cancellation;
        private final CountDownLatch over = new CountDownLatch(1);

        private Registration(RunId id, RunCancellation cancellation) {
            this.id = id;
            this.cancellation = cancellation;
        }

        /** It goes on no more, at least under this id. */
        @Override
        public void close() {
            runs.remove(id, this);
            over.countDown();
        }
    }

    /** Notes that a run begins; empty when the caller has another one of that id under way. */
    Optional<Registration> begin(Caller caller, String id, RunCancellation cancellation) {
        var run = new Registration(RunId.of(caller, id), cancellation);
        return runs.putIfAbsent(run.id, run) == null ? Optional.of(run) : Optional.empty();
    }

    public boolean isUnderWay(Caller caller, String id) {
        return runs.containsKey(RunId.of(caller, id));
    }

    /** Ends a run of that caller, and waits until its sandbox is gone; false if there is none. */
    public boolean cancel(Caller caller, String id) throws InterruptedException {
        Registration run = runs.get(RunId.of(caller, id));
        if (run == null) {
            return false;
        }
        run.cancellation.cancel(RunCancellation.Reason.ASKED_FOR);
        return run.over.await(LONGEST_CANCELLATION.toNanos(), TimeUnit.NANOSECONDS);
    }
}
