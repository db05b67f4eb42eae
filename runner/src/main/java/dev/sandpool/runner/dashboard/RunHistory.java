package dev.sandpool.runner.dashboard;

import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.RunListener;
import dev.sandpool.runner.run.RunPhases.Phase;
import dev.sandpool.runner.sandbox.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Statistics of the latest runs: how many ended, with which outcome, and how long they waited. Each bucket covers a few
 * seconds; there are no buckets without runs.
 */
public final class RunHistory implements RunListener {
    static final Duration LENGTH = Duration.ofMinutes(5);
    static final Duration BUCKET = Duration.ofSeconds(5);

    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock; oldest first, with rising times.
    private final ArrayDeque<Filling> filled = new ArrayDeque<>();

    /**
     * The runs that ended within {@link #BUCKET} from a moment on.
     *
     * @param epochSecond the moment, a multiple of the bucket's length
     * @param queueMillisP50 empty if no run of the bucket entered the queue
     */
    public record Bucket(
            long epochSecond,
            int runs,
            Map<Outcome, Integer> outcomes,
            OptionalDouble queueMillisP50,
            OptionalDouble queueMillisP95,
            OptionalDouble runMillisP50) {}

    public RunHistory(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public void ended(CompletedRun run) {
        lock.lock();
        try {
            current().add(run);
        } finally {
            lock.unlock();
        }
    }

    /** Returns the buckets that began at most {@link #LENGTH} ago, oldest first. */
    public List<Bucket> buckets() {
        lock.lock();
        try {
            forget(clock.instant());
            return filled.stream().map(Filling::bucket).toList();
        } finally {
            lock.unlock();
        }
    }

    private Filling current() {
        Instant now = clock.instant();
        forget(now);
        long start = now.getEpochSecond() / BUCKET.toSeconds() * BUCKET.toSeconds();
        Filling last = filled.peekLast();
        // If the clock was set back, runs count for the latest bucket, so that the number of buckets stays bounded.
        if (last == null || last.epochSecond < start) {
            last = new Filling(start);
            filled.addLast(last);
        }
        return last;
    }

    private void forget(Instant now) {
        long oldest = now.minus(LENGTH).getEpochSecond();
        while (!filled.isEmpty() && filled.getFirst().epochSecond < oldest) {
            filled.removeFirst();
        }
    }

    private static final class Filling {
        private final long epochSecond;
        private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
        private final Sample queueMillis = new Sample();
        private final Sample runMillis = new Sample();
        private int runs;
        private @Nullable Bucket bucket;

        Filling(long epochSecond) {
            this.epochSecond = epochSecond;
        }

        void add(CompletedRun run) {
            bucket = null;
            runs++;
            outcomes.merge(run.outcome(), 1, Integer::sum);
            add(queueMillis, run, Phase.QUEUE);
            add(runMillis, run, Phase.RUN);
        }

        private static void add(Sample sample, CompletedRun run, Phase phase) {
            if (run.phases().reached(phase)) {
                sample.add(run.phases().duration(phase).toNanos() / 1e6);
            }
        }

        /** Computed once, since most buckets do not change any more. */
        Bucket bucket() {
            Bucket known = bucket;
            if (known == null) {
                known = new Bucket(
                        epochSecond,
                        runs,
                        Map.copyOf(outcomes),
                        queueMillis.percentile(50),
                        queueMillis.percentile(95),
                        runMillis.percentile(50));
                bucket = known;
            }
            return known;
        }
    }
}
