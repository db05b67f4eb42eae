package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Admission;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Takes the slot from an upload that makes no progress, if another request waits for a slot. Without waiting requests,
 * a stalled upload keeps its slot until the time of its run is up.
 */
public final class StalledUploadMonitor {
    // Several round trips around the world, and a twentieth of the default time of a run.
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

    /** Takes at most as many slots as there are waiting requests. */
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

        /** Stops the watch, because the upload is complete. Only the program waits for what may still come. */
        void uploaded() {
            watched.remove(this);
        }

        @Override
        public void close() {
            uploaded();
        }
    }
}
