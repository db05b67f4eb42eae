package dev.sandpool.runner.sandbox.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.session.SandboxHost;
import dev.sandpool.runner.sandbox.session.SandboxSession;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A pod from its creation to its deletion, as the informer sees it. Thread-safe. */
final class SandboxPod implements SandboxHost {
    private final String name;
    private final Runnable delete;
    private final Optional<Duration> usefulAge;
    private final AtomicBoolean takenBack = new AtomicBoolean();

    @GuardedBy("this")
    private @Nullable Long scheduledSince;

    @GuardedBy("this")
    private @Nullable Pod seen;

    @GuardedBy("this")
    private boolean deleted;

    @GuardedBy("this")
    private long changes;

    @GuardedBy("this")
    private @Nullable SandboxSession session;

    /**
     * @param usefulAge how long after scheduling the pod may be claimed; empty: always
     * @param delete requests the deletion of the pod; called once
     */
    SandboxPod(String name, Optional<Duration> usefulAge, Runnable delete) {
        this.name = name;
        this.usefulAge = usefulAge;
        this.delete = delete;
    }

    String name() {
        return name;
    }

    /** Returns the pod's UID. Without it, a deletion could hit a newer pod of the same name. */
    synchronized Optional<String> uid() {
        return Optional.ofNullable(seen).map(pod -> pod.getMetadata().getUid());
    }

    /** Notes the response to the creation. An informer that was faster has newer data. */
    synchronized void created(Pod pod) {
        if (seen == null) {
            look(pod);
        }
    }

    /**
     * Notes the latest state from the API server. A warm pod that is about to end is condemned before a run is
     * affected.
     */
    void saw(Pod pod) {
        synchronized (this) {
            look(pod);
            changes++;
            notifyAll();
        }
        rejudge();
    }

    private synchronized void look(Pod pod) {
        seen = pod;
        if (scheduledSince == null && pod.getSpec().getNodeName() != null) {
            scheduledSince = System.nanoTime();
        }
    }

    /** Notes that the pod does not exist any more. */
    void sawDeleted() {
        synchronized (this) {
            deleted = true;
            changes++;
            notifyAll();
        }
        rejudge();
    }

    private void rejudge() {
        if (!takenBack.get() && verdict() instanceof PodVerdict.Doomed doomed) {
            condemn(doomed.why());
        }
    }

    void holds(SandboxSession itsSession) {
        synchronized (this) {
            session = itsSession;
        }
        rejudge(); // it may have been doomed during its greeting
    }

    void condemn(String why) {
        SandboxSession current;
        synchronized (this) {
            current = session;
        }
        if (current != null) {
            current.condemn(why);
        }
    }

    /**
     * Waits until the container runs, or may run.
     *
     * @param mayRunAfter the time after scheduling at which it may run; empty: only when it is reported to run
     * @return whether it is known to run
     */
    boolean awaitRunning(Optional<Duration> mayRunAfter, Deadline deadline)
            throws SandboxStartException, InterruptedException {
        return switch (nextVerdict(mayRunAfter, deadline)) {
            case PodVerdict.Running _ -> true;
            case PodVerdict.Doomed doomed -> throw new SandboxStartException(doomed.reason(), doomed.why());
            case PodVerdict.Pending pending -> {
                if (deadline.isOver()) {
                    throw new SandboxStartException(pending.ifLate(), "not running in time: " + pending.why());
                }
                yield false;
            }
        };
    }

    /** Waits for a verdict other than Pending. Returns Pending when the pod may run, or at the deadline. */
    private synchronized PodVerdict nextVerdict(Optional<Duration> mayRunAfter, Deadline deadline)
            throws InterruptedException {
        PodVerdict verdict = verdict();
        Deadline until = waitsUntil(mayRunAfter, deadline);
        while (verdict instanceof PodVerdict.Pending && !until.isOver()) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(until.left().toNanos(), 1));
            verdict = verdict();
            until = waitsUntil(mayRunAfter, deadline);
        }
        return verdict;
    }

    @GuardedBy("this")
    private Deadline waitsUntil(Optional<Duration> mayRunAfter, Deadline deadline) {
        Long since = scheduledSince;
        return since == null || mayRunAfter.isEmpty()
                ? deadline
                : deadline.earlier(new Deadline(since + mayRunAfter.get().toNanos()));
    }

    /** Returns the time since the pod was scheduled. */
    synchronized Duration sinceScheduled() {
        return scheduledSince == null ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - scheduledSince);
    }

    /** Returns whether the pod still waits for something that another pod would have to wait for too. */
    synchronized boolean isHeld() {
        return verdict() instanceof PodVerdict.Pending pending && pending.held();
    }

    synchronized boolean isDoomed() {
        return verdict() instanceof PodVerdict.Doomed;
    }

    /** Waits until the API server reports a change, for at most {@code atMost}. */
    synchronized void awaitChange(Duration atMost) throws InterruptedException {
        long before = changes;
        Deadline deadline = Deadline.in(atMost);
        while (changes == before && !deadline.isOver()) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(deadline.left().toNanos(), 1));
        }
    }

    private synchronized PodVerdict verdict() {
        PodVerdict verdict = PodVerdict.of(seen);
        return deleted && !(verdict instanceof PodVerdict.Doomed)
                ? new PodVerdict.Doomed(Reason.ENDED_EARLY, "the pod was deleted", false)
                : verdict;
    }

    @Override
    public synchronized Death causeOfDeath(Duration atMost) throws InterruptedException {
        Deadline deadline = Deadline.in(atMost);
        while (!(verdict() instanceof PodVerdict.Doomed) && !deadline.isOver()) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(deadline.left().toNanos(), 1));
        }
        return verdict() instanceof PodVerdict.Doomed doomed
                ? new Death(doomed.outOfMemory() ? Cause.OUT_OF_MEMORY : Cause.OTHER, doomed.why())
                : new Death(Cause.UNKNOWN, "the pod's status did not say why in time");
    }

    /**
     * Returns whether the pod is too old to be claimed. Its age counts from scheduling, which is a little before the
     * kubelet starts to count activeDeadlineSeconds.
     */
    synchronized boolean isTooOld() {
        Long since = scheduledSince;
        return since != null
                && usefulAge
                        .filter(age -> System.nanoTime() - since > age.toNanos())
                        .isPresent();
    }

    boolean isTakenBack() {
        return takenBack.get();
    }

    @Override
    public void takeBack() {
        if (takenBack.compareAndSet(false, true)) {
            delete.run();
        }
    }
}
