package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Admission;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Takes the slot from an upload that makes no progress, if another request waits for one. With nobody waiting a stalled upload
 * harms nobody, and stays until its run's time is up.
 */
public final class StalledUploadMonitor {
    // Several round trips around the world, and a twentieth of a run's time.
    private static final Duration STALLED = Duration.ofMillis(250);
    private static final Duration LOOK_EVERY = Duration.ofMillis(50);

    private final Admission admission;
    private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService clock;

    public StalledUploadMonitor(Admission admission, ScheduledExecutorService clock) {
        this.admission = admission;
        this.clock = clock;
    }

    public void start() {
        var _ = clock.scheduleWithFixedDelay(
                this::look, LOOK_EVERY.toMillis(), LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Watches an upload that has a slot, until the result is closed. */
    Watched watch(RunClient client, RunCancellation cancellation) {
        client.startPace();
        var entry = new Watched(client, cancellation);
        watched.add(entry);
        return entry;
    }

    /** Takes no more slots than there are requests waiting. */
    private void look() {
        int wanted = admission.waiting();
        for (Watched upload : watched) {
            if (wanted <= 0) {
                return;
            }
            if (upload.client.stalledFor(STALLED.toNanos())) {
                upload.cancellation.cancel(RunCancellation.Reason.STALLED);
                wanted--;
            }
        }
    }

    final class Watched implements AutoCloseable {
        private final RunClient client;
        private final RunCancellation cancellation;

        private Watched(RunClient client, RunCancellation cancellation) {
            this.client = client;
            this.cancellation = cancellation;
        }

        /** The upload is whole: what may still come is not waited for by anybody but the program. */
        void uploaded() {
            watched.remove(this);
        }

        @Override
        public void close() {
            uploaded();
        }
    }
}
