package dev.sandpool.runner.sandbox.pool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The queue of idle warm sandboxes, oldest first. Not thread-safe. */
final class IdleSandboxes {
    private final Deque<PooledSandbox> idle = new ArrayDeque<>();

    void add(PooledSandbox sandbox) {
        idle.addLast(sandbox);
    }

    /**
     * Removes and returns the oldest. So no sandbox becomes old enough for its pod's deadline, and old revisions go
     * first.
     */
    PooledSandbox take() {
        return idle.removeFirst();
    }

    /**
     * Removes and returns the sandbox to give up when there are too many: the oldest outdated one, otherwise the
     * oldest.
     */
    PooledSandbox takeSurplus(Predicate<PooledSandbox> outdated) {
        PooledSandbox surplus = idle.stream().filter(outdated).findFirst().orElseGet(idle::getFirst);
        idle.remove(surplus);
        return surplus;
    }

    List<PooledSandbox> takeAll() {
        List<PooledSandbox> all = new ArrayList<>(idle);
        idle.clear();
        return all;
    }

    boolean remove(PooledSandbox sandbox) {
        return idle.remove(sandbox);
    }

    boolean contains(PooledSandbox sandbox) {
        return idle.contains(sandbox);
    }

    boolean isEmpty() {
        return idle.isEmpty();
    }

    int size() {
        return idle.size();
    }

    Stream<PooledSandbox> stream() {
        return idle.stream();
    }

    Map<String, Integer> byRevision() {
        Map<String, Integer> counts = new TreeMap<>();
        idle.forEach(sandbox -> counts.merge(sandbox.revision().name(), 1, Integer::sum));
        return counts;
    }
}
