package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.ActiveRuns.RunId;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/** For a while the answers of runs whose client chose an id. One caller never sees another's. Safe for all threads. */
public final class AnswerCache {
    /** As long as a client that lost its connection tries again, and some more. */
    static final Duration KEPT_FOR = Duration.ofMinutes(5);
    /** The largest answer that is kept. */
    public static final int MAX_BYTES = 1 << 20;

    private static final int MAX_ANSWERS = 10_000;

    private final MemoryBudget memory;
    private final long maxTotalBytes;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock; in the order of the runs' ends.
    private final LinkedHashMap<RunId, Answer> answers = new LinkedHashMap<>();
    private long totalBytes;

    /**
     * The answer of a run that is over.
     *
     * @param digest of the request; empty when not all of it was read
     * @param json empty if it was streamed, or is too large to be kept
     */
    public record Answer(Optional<byte[]> digest, Optional<byte[]> json, long since) {
        public boolean isOf(byte[] otherDigest) {
            return digest.isPresent() && Arrays.equals(digest.get(), otherDigest);
        }

        private long size() {
            return json.map(bytes -> bytes.length).orElse(0);
        }
    }

    /**
     * The one of a server.
     *
     * @param memory where room for answers comes from
     * @param maxTotalBytes of all answers
     */
    public AnswerCache(MemoryBudget memory, long maxTotalBytes, LongSupplier nanoTime) {
        this.memory = memory;
        this.maxTotalBytes = maxTotalBytes;
        this.nanoTime = nanoTime;
    }

    /** What is kept of a run of that caller that is over. */
    public Optional<Answer> find(Caller caller, String id) {
        lock.lock();
        try {
            forgetOld();
            return Optional.ofNullable(answers.get(RunId.of(caller, id)));
        } finally {
            lock.unlock();
        }
    }

    void keep(Caller caller, String id, Optional<byte[]> digest, Optional<byte[]> json) {
        lock.lock();
        try {
            keep(RunId.of(caller, id), new Answer(digest, json, nanoTime.getAsLong()));
        } finally {
            lock.unlock();
        }
    }

    private void keep(RunId id, Answer answer) {
        Answer before = answers.remove(id);
        if (before != null) {
            forget(before);
        }
        boolean mayBeKept = answer.size() <= Math.min(MAX_BYTES, maxTotalBytes);
        makeRoom(mayBeKept ? answer.size() : 0);
        Answer affordable = mayBeKept && memory.tryTake(answer.size())
                ? answer
                : new Answer(answer.digest, Optional.empty(), answer.since);
        answers.put(id, affordable);
        totalBytes += affordable.size();
    }

    private void makeRoom(long bytes) {
        while (answers.size() >= MAX_ANSWERS || totalBytes + bytes > maxTotalBytes) {
            forget(answers.pollFirstEntry().getValue());
        }
        forgetOld();
    }

    private void forgetOld() {
        long now = nanoTime.getAsLong();
        while (!answers.isEmpty() && now - answers.firstEntry().getValue().since >= KEPT_FOR.toNanos()) {
            forget(answers.pollFirstEntry().getValue());
        }
    }

    private void forget(Answer answer) {
        totalBytes -= answer.size();
        memory.giveBack(answer.size());
    }
}
