package dev.sandpool.runner.sandbox.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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
 * The pods that wait for a node or for their image between two tries to start a sandbox. A try that times out leaves
 * its pod here, and the next try uses it. So a cluster without room has one waiting pod and not a new one for each try.
 * Thread-safe.
 */
final class HeldPods {
    /** How long a pod without a try is held, even if its revision is wanted. Tries are at most two minutes apart. */
    static final Duration FORGOTTEN = Duration.ofMinutes(5);

    private static final class Line {
        private final Deque<SandboxPod> pods = new ArrayDeque<>();
        private long tried;
    }

    @GuardedBy("this")
    private final Map<String, Line> revisions = new HashMap<>();

    @GuardedBy("this")
    private @Nullable Set<String> wanted;

    @GuardedBy("this")
    private boolean closed;

    /**
     * Returns false if the pod is not held, because its revision is not wanted any more or everything is being closed.
     */
    synchronized boolean add(String revision, SandboxPod pod, long now) {
        if (closed || !isWanted(revision)) {
            return false;
        }
        Line line = revisions.computeIfAbsent(revision, name -> new Line());
        line.tried = now;
        line.pods.add(pod);
        return true;
    }

    /** Removes and returns the pod that has waited longest and can still become a sandbox. */
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

    /**
     * Sets the revisions whose pods are held from now on. Pods of others are deleted, since they might use up a quota.
     */
    void want(Set<String> names) {
        List<SandboxPod> others;
        synchronized (this) {
            wanted = Set.copyOf(names);
            others = remove((revision, line) -> !isWanted(revision));
        }
        others.forEach(SandboxPod::takeBack);
    }

    /** Returns whether pods of the revision are held. All are, until the wanted revisions are known. */
    private synchronized boolean isWanted(String revision) {
        return wanted == null || wanted.contains(revision);
    }

    /** Deletes the pods that no try uses any more. */
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
