package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Pods that wait for a node or for their image, between two tries to start a sandbox. A try whose time is up leaves its pod here and the
 * next one takes it up, so that a cluster without room has one waiting pod and not a new one for each try. Safe for threads.
 */
final class HeldPods {
    /** A revision that nobody has tried for this long is not wanted any more; tries are at most two minutes apart. */
    static final Duration FORGOTTEN = Duration.ofMinutes(5);

    private static final class Line {
        private final Deque<SandboxPod> pods = new ArrayDeque<>();
        private long tried;
    }

    // Guarded by this.
    private final Map<String, Line> revisions = new HashMap<>();
    private boolean closed;

    /** False if it is not kept, since all is being closed. */
    synchronized boolean add(String revision, SandboxPod pod, long now) {
        if (closed) {
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

    /** Deletes those of revisions that nobody tries any more. */
    void retire(long now) {
        List<SandboxPod> forgotten = new ArrayList<>();
        synchronized (this) {
            revisions.values().removeIf(line -> {
                boolean old = now - line.tried > FORGOTTEN.toNanos();
                if (old) {
                    forgotten.addAll(line.pods);
                }
                return old;
            });
        }
        forgotten.forEach(SandboxPod::takeBack);
    }

    synchronized void close() {
        closed = true;
        revisions.clear();
    }
}
