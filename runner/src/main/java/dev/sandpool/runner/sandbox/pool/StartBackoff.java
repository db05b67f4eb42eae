package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.PoolState.StartFailure;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long starts of one revision are held back after failures in a row, for all starters together. A new revision begins anew. Guarded
 * by the pool's lock.
 */
final class StartBackoff {
    private static final Logger LOG = LoggerFactory.getLogger(StartBackoff.class);

    private static final Duration FIRST = Duration.ofMillis(100);

    // These cost the cluster one refused request, or leave a pod waiting that the next try takes up. An API server that
    // comes
    // back is noticed within this.
    private static final Set<Reason> CHEAP =
            EnumSet.of(Reason.API_SERVER, Reason.QUOTA, Reason.FORBIDDEN, Reason.UNSCHEDULABLE, Reason.LOCAL_PROCESS);
    private static final Duration LONGEST_IF_CHEAP = Duration.ofSeconds(5);

    // All others made a pod in vain, with some six events: scheduler, kubelet, runtime and etcd had work from it.
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private final Timer timer;
    private final RandomGenerator random;
    private final String revision;
    private int streak;
    private long lastFailure;
    private long notBefore;
    private @Nullable StartFailure failure;

    StartBackoff(Timer timer, RandomGenerator random, String revision) {
        this.timer = timer;
        this.random = random;
        this.revision = revision;
        this.notBefore = timer.nanoTime();
    }

    /**
     * Full jitter: several runners that lost the same API server do not come back in step.
     *
     * @param begun when the start began: several that were under way together failed once, not several times
     */
    void failed(long begun, Reason reason, String message) {
        if (streak == 0 || begun - lastFailure > 0) {
            Duration ceiling = FIRST.multipliedBy(1L << Math.min(streak, 16));
            Duration longest = CHEAP.contains(reason) ? LONGEST_IF_CHEAP : LONGEST;
            long nanos = Math.min(ceiling.toNanos(), longest.toNanos());
            lastFailure = timer.nanoTime();
            notBefore = lastFailure + random.nextLong(nanos + 1);
            streak++;
        }
        StartFailure before = failure;
        if (before == null || before.reason() != reason) {
            LOG.atWarn()
                    .addKeyValue("revision", revision)
                    .addKeyValue("reason", reason)
                    .addKeyValue("detail", message)
                    .log("sandboxes do not start");
            failure = new StartFailure(revision, reason, message, timer.now());
        } else {
            // Once a change of reason, not once a try.
            LOG.atDebug()
                    .addKeyValue("reason", reason)
                    .addKeyValue("detail", message)
                    .log("sandboxes still do not start");
            failure = new StartFailure(revision, reason, message, before.since());
        }
    }

    void succeeded() {
        StartFailure before = failure;
        if (before != null) {
            LOG.atInfo()
                    .addKeyValue("revision", revision)
                    .addKeyValue("after", before.reason())
                    .addKeyValue("failures", streak)
                    .log("sandboxes start again");
        }
        streak = 0;
        failure = null;
        notBefore = timer.nanoTime();
    }

    boolean isFailing() {
        return streak > 0;
    }

    /** Zero when a start may be tried now. */
    Duration left(long now) {
        return Duration.ofNanos(Math.max(0, notBefore - now));
    }

    Optional<StartFailure> failure() {
        return Optional.ofNullable(failure);
    }
}
