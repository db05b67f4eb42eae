package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.MemoryBudget;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The runs that go on, each cancellable by its caller, and for a while the answers of those whose client chose an id. One caller never
 * sees another's. Safe for all threads.
 */
public final class AnswerCache {
    /** As long as a client that lost its connection tries again, and some more. */
    static final Duration KEPT_FOR = Duration.ofMinutes(5);
    /** The largest answer that is kept. */
    public static final int LONGEST_KEPT = 1 << 20;

    private static final int MOST_KEPT = 10_000;
    // A sandbox that is closed ends its run at once, but for a client that takes its answer slowly.
    private static final Duration LONGEST_CANCELLATION = Duration.ofSeconds(10);

    private final MemoryBudget memory;
    private final long mostKeptBytes;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock; kept is in the order of the runs' ends.
    private final Map<Key, UnderWay> underWay = new HashMap<>();
    private final LinkedHashMap<Key, Kept> kept = new LinkedHashMap<>();
    private long keptBytes;

    private record Key(String caller, String id) {}

    /** A run that goes on, under one id. */
    final class UnderWay implements AutoCloseable {
        private final Key key;
        private final RunCancellation cancellation;
        private final CountDownLatch over = new CountDownLatch(1);

        private UnderWay(Key key, RunCancellation cancellation) {
            this.key = key;
            this.cancellation = cancellation;
        }

        /**
         * The run is over, and that was its answer.
         *
         * @param digest of the request; empty when not all of it was read
         * @param json empty if it was streamed, or is too large to be kept
         */
        void keep(Optional<byte[]> digest, Optional<byte[]> json) {
            lock.lock();
            try {
                AnswerCache.this.keep(key, new Kept(digest, json, nanoTime.getAsLong()));
            } finally {
                lock.unlock();
            }
        }

        /** It goes on no more, at least under this id. */
        @Override
        public void close() {
            lock.lock();
            try {
                underWay.remove(key, this);
            } finally {
                lock.unlock();
            }
            over.countDown();
        }
    }

    /** The answer of a run that is over, and the digest of what was asked for. */
    public record Kept(Optional<byte[]> digest, Optional<byte[]> json, long since) {
        public boolean isOf(byte[] otherDigest) {
            return digest.isPresent() && Arrays.equals(digest.get(), otherDigest);
        }

        private long size() {
            return json.map(bytes -> bytes.length).orElse(0);
        }
    }

    /**
     * Those of one server.
     *
     * @param memory where room for answers comes from
     * @param mostKeptBytes of all answers
     */
    public AnswerCache(MemoryBudget memory, long mostKeptBytes, LongSupplier nanoTime) {
        this.memory = memory;
        this.mostKeptBytes = mostKeptBytes;
        this.nanoTime = nanoTime;
    }

    /** Notes that a run begins; empty when the caller has another one of that id under way. */
    Optional<UnderWay> begin(Caller caller, String id, RunCancellation cancellation) {
        var run = new UnderWay(new Key(caller.key(), id), cancellation);
        lock.lock();
        try {
            return underWay.putIfAbsent(run.key, run) == null ? Optional.of(run) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    public boolean isUnderWay(Caller caller, String id) {
        lock.lock();
        try {
            return underWay.containsKey(new Key(caller.key(), id));
        } finally {
            lock.unlock();
        }
    }

    public Optional<Kept> find(Caller caller, String id) {
        lock.lock();
        try {
            forgetOld();
            return Optional.ofNullable(kept.get(new Key(caller.key(), id)));
        } finally {
            lock.unlock();
        }
    }

    /** Ends a run of that caller, and waits until its sandbox is gone; false if there is none. */
    public boolean cancel(Caller caller, String id) throws InterruptedException {
        UnderWay run;
        lock.lock();
        try {
            run = underWay.get(new Key(caller.key(), id));
        } finally {
            lock.unlock();
        }
        if (run == null) {
            return false;
        }
        run.cancellation.cancel(RunCancellation.Reason.ASKED_FOR);
        return run.over.await(LONGEST_CANCELLATION.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void keep(Key key, Kept answer) {
        Kept before = kept.remove(key);
        if (before != null) {
            forget(before);
        }
        boolean mayBeKept = answer.size() <= Math.min(LONGEST_KEPT, mostKeptBytes);
        makeRoom(mayBeKept ? answer.size() : 0);
        Kept affordable = mayBeKept && memory.tryTake(answer.size())
                ? answer
                : new Kept(answer.digest, Optional.empty(), answer.since);
        kept.put(key, affordable);
        keptBytes += affordable.size();
    }

    private void makeRoom(long bytes) {
        while (kept.size() >= MOST_KEPT || keptBytes + bytes > mostKeptBytes) {
            forget(kept.pollFirstEntry().getValue());
        }
        forgetOld();
    }

    private void forgetOld() {
        long now = nanoTime.getAsLong();
        while (!kept.isEmpty() && now - kept.firstEntry().getValue().since >= KEPT_FOR.toNanos()) {
            forget(kept.pollFirstEntry().getValue());
        }
    }

    private void forget(Kept answer) {
        keptBytes -= answer.size();
        memory.giveBack(answer.size());
    }
}
