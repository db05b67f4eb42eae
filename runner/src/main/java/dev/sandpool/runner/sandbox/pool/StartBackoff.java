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
 * The backoff of one revision's starts after consecutive failures, shared by all starts. A new revision begins with a
 * new one. Not thread-safe.
 */
final class StartBackoff {
    private static final Logger LOG = LoggerFactory.getLogger(StartBackoff.class);

    private static final Duration FIRST = Duration.ofMillis(100);

    // Each of these costs the cluster one refused request, or leaves a pod waiting that the next try uses. The short
    // maximum also lets a recovered API server be noticed soon.
    private static final Set<Reason> CHEAP =
            EnumSet.of(Reason.API_SERVER, Reason.QUOTA, Reason.FORBIDDEN, Reason.UNSCHEDULABLE, Reason.LOCAL_PROCESS);
    private static final Duration LONGEST_IF_CHEAP = Duration.ofSeconds(5);

    // All other failures created a pod in vain, with some six events that cost the scheduler, kubelet, runtime and etcd
    // work.
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
     * Notes a failure. Full jitter, so that runners which lost the same API server do not return at the same time.
     *
     * @param begun when the start began, in the pool's time; starts that were under way together count as one failure
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
            // Logged at warn when the reason changes, not for each try.
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

    /** Returns the time left until the next try; zero when a start may be tried now. */
    Duration left(long now) {
        return Duration.ofNanos(Math.max(0, notBefore - now));
    }

    Optional<StartFailure> failure() {
        return Optional.ofNullable(failure);
    }
}
