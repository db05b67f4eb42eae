package dev.sandpool.runner.sandbox;

import dev.sandpool.crds.AuthenticationSpec;
import dev.sandpool.crds.CallersSpec;
import dev.sandpool.crds.CorsSpec;
import dev.sandpool.crds.EmbeddedSpec;
import dev.sandpool.crds.LauncherSpec;
import dev.sandpool.crds.ReuseSpec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The settings of a pool. Each of them may change while the pool serves.
 *
 * @param revision the revision to use, after its sandboxes have been seen to start
 * @param stable the revision to begin with, if it is another one
 * @param workers the maximum number of concurrent runs
 * @param warmMin below this number, new sandboxes are started even while programs run
 * @param warmMax the maximum number of warm sandboxes
 * @param queueDepth the maximum number of requests that wait for a worker
 * @param startTimeout the time in which a sandbox must become warm
 * @param queueTimeout the longest wait for a worker and a sandbox
 */
public record PoolSettings(
        Revision revision,
        Optional<Revision> stable,
        int workers,
        int warmMin,
        int warmMax,
        int queueDepth,
        Duration startTimeout,
        Duration queueTimeout,
        Rules rules) {
    /**
     * The pool author's settings that are not numbers, as they are in the pool's spec.
     *
     * @param reuse whether a sandbox may serve more than one run
     * @param embedded how long a pod with an embedded gVisor serves
     * @param launchers the commands that run programs which the kernel cannot execute; the first that matches wins
     */
    public record Rules(
            ReuseSpec reuse,
            EmbeddedSpec embedded,
            List<LauncherSpec> launchers,
            CallersSpec callers,
            AuthenticationSpec authentication,
            CorsSpec cors) {
        /** The defaults: each sandbox is used once, and every caller is served. */
        public static final Rules DEFAULTS = new Rules(
                ReuseSpec.defaults(),
                EmbeddedSpec.defaults(),
                List.of(),
                CallersSpec.defaults(),
                AuthenticationSpec.defaults(),
                CorsSpec.defaults());

        public Rules {
            launchers = List.copyOf(launchers);
            reuse.check();
            embedded.check();
            var _ = Launchers.of(launchers); // Rejects launchers that cannot be used, so that no settings contain them.
        }
    }

    public PoolSettings {
        rule(workers >= 1, "workers " + workers + " must be at least 1");
        rule(warmMin >= 1, "warmMin " + warmMin + " must be at least 1");
        rule(warmMax >= warmMin, "warmMax " + warmMax + " must be at least warmMin " + warmMin);
        rule(queueDepth >= 0, "queueDepth " + queueDepth + " must not be negative");
        rule(startTimeout.isPositive(), "startTimeout " + startTimeout + " must be positive");
        rule(queueTimeout.isPositive(), "queueTimeout " + queueTimeout + " must be positive");
    }

    private static void rule(boolean kept, String words) {
        if (!kept) {
            throw new IllegalArgumentException(words);
        }
    }
}
