package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.ActiveRuns.RunId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/** A cache of the answers to runs whose client chose an id. A caller never sees the answers of others. Thread-safe. */
public final class AnswerCache {
    /** Longer than a client that lost its connection keeps trying. */
    static final Duration KEPT_FOR = Duration.ofMinutes(5);
    /** The maximum size of an answer that is cached, in bytes. */
    public static final int MAX_BYTES = 1 << 20;

    private static final int MAX_ANSWERS = 10_000;

    private final MemoryBudget memory;
    private final long maxTotalBytes;
    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock. In the order in which the runs ended.
    private final LinkedHashMap<RunId, Answer> answers = new LinkedHashMap<>();
    private long totalBytes;

    /**
     * The answer of a run that is over.
     *
     * @param digest the digest of the request; empty when the request was not read to its end
     * @param json empty if the answer was streamed, or is too large to be cached
     */
    public record Answer(Optional<byte[]> digest, Optional<byte[]> json, long since) {
        private long size() {
            return json.map(bytes -> bytes.length).orElse(0);
        }
    }

    /**
     * Creates the cache of a server.
     *
     * @param memory the budget from which answers take their memory
     * @param maxTotalBytes the maximum size of all answers together
     */
    public AnswerCache(MemoryBudget memory, long maxTotalBytes, LongSupplier nanoTime) {
        this.memory = memory;
        this.maxTotalBytes = maxTotalBytes;
        this.nanoTime = nanoTime;
    }

    /** Returns the cached answer of the caller's completed run, if there is one. */
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
