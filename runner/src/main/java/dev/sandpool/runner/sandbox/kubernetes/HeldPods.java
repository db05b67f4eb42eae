package dev.sandpool.runner.sandbox.kubernetes;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Pods that wait for a node or for their image, between two tries to start a sandbox. A try whose time is up leaves its pod here and the
 * next one takes it up, so that a cluster without room has one waiting pod and not a new one for each try. Safe for threads.
 */
final class HeldPods {
    /** One that nobody has tried for this long is not needed any more, though its revision is wanted; tries are at most two minutes apart. */
    static final Duration FORGOTTEN = Duration.ofMinutes(5);

    private static final class Line {
        private final Deque<SandboxPod> pods = new ArrayDeque<>();
        private long tried;
    }

    // Guarded by this.
    private final Map<String, Line> revisions = new HashMap<>();
    private @Nullable Set<String> wanted;
    private boolean closed;

    /** False if it is not kept, since its revision is not wanted any more, or all is being closed. */
    synchronized boolean add(String revision, SandboxPod pod, long now) {
        if (closed || !isWanted(revision)) {
            return false;
        }
        Line line = revisions.computeIfAbsent(revision, name -> new Line());
        line.tried = now;
        line.pods.add(pod);
        return true;
    }

    /** The one that has waited longest and is not yet beyond hope. */
    synchronized Optional<SandboxPod> take(String revision, long now) {
        Line line = revisions.get(revision);
        if (line == null) {
            return Optional.empty();
        }
        line.tried = now;
        for (SandboxPod pod = line.pods.poll(); pod != null; pod = line.pods.poll()) {
            if (!pod.isDoomed()) {
                return Optional.of(pod);
            }
            pod.takeBack();
        }
        revisions.remove(revision);
        return Optional.empty();
    }

    /** From now on pods of these revisions are kept; others are deleted, which might be in the way of these where a quota bounds them. */
    void want(Set<String> names) {
        List<SandboxPod> others;
        synchronized (this) {
            wanted = Set.copyOf(names);
            others = remove((revision, line) -> !isWanted(revision));
        }
        others.forEach(SandboxPod::takeBack);
    }

    /** Until it is known which are, all are. */
    private synchronized boolean isWanted(String revision) {
        return wanted == null || wanted.contains(revision);
    }

    /** Deletes those that nobody tries any more. */
    void retire(long now) {
        remove((revision, line) -> now - line.tried > FORGOTTEN.toNanos()).forEach(SandboxPod::takeBack);
    }

    private synchronized List<SandboxPod> remove(BiPredicate<String, Line> which) {
        List<SandboxPod> removed = new ArrayList<>();
        revisions.entrySet().removeIf(entry -> {
            boolean goes = which.test(entry.getKey(), entry.getValue());
            if (goes) {
                removed.addAll(entry.getValue().pods);
            }
            return goes;
        });
        return removed;
    }

    synchronized void close() {
        closed = true;
        revisions.clear();
    }
}
