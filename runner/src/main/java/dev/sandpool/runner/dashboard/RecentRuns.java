package dev.sandpool.runner.dashboard;

import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.RunListener;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** The facts of the latest runs, for people. Older ones are forgotten. */
public final class RecentRuns implements RunListener {
    /** One screenful. Logs and metrics keep more. */
    static final int MOST = 100;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock; newest first.
    private final ArrayDeque<CompletedRun> runs = new ArrayDeque<>(MOST + 1);

    @Override
    public void ended(CompletedRun run) {
        lock.lock();
        try {
            runs.addFirst(run);
            if (runs.size() > MOST) {
                runs.removeLast();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Returns the runs, newest first. */
    List<CompletedRun> latest() {
        lock.lock();
        try {
            return List.copyOf(runs);
        } finally {
            lock.unlock();
        }
    }
}
