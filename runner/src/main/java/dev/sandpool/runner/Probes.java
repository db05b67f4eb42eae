package dev.sandpool.runner;

import dev.sandpool.runner.run.Drain;
import dev.sandpool.runner.sandbox.PoolState;
import dev.sandpool.runner.sandbox.Succession;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Whether this runner can do its work. Reads only the pool's state in memory: a probe costs nothing and never uses up a
 * sandbox.
 */
final class Probes {
    // A little longer than a request of POST /run waits for a sandbox. After a start that fails, the next one nearly
    // always succeeds in that time. If the only runner were not ready meanwhile, its Service would refuse connections.
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final Supplier<PoolState> pool;
    private final Supplier<Optional<String>> waitingFor;
    private final Drain drain;

    /** @param waitingFor why the pool has no settings yet; empty when it has */
    Probes(Supplier<PoolState> pool, Supplier<Optional<String>> waitingFor, Drain drain) {
        this.pool = pool;
        this.waitingFor = waitingFor;
        this.drain = drain;
    }

    /** Returns why a run would fail now; empty if it would not, or if it is too early to say. */
    Optional<String> sickness() {
        PoolState state = pool.get();
        if (state.warm() > 0 || state.running() > 0) {
            return Optional.empty();
        }
        if (!state.everWarm()) {
            return why(state).or(() -> Optional.of(waitingFor.get().orElse("no sandbox is warm yet")));
        }
        return state.withoutSandbox().compareTo(GRACE) < 0 ? Optional.empty() : why(state);
    }

    private static Optional<String> why(PoolState state) {
        return state.lastFailure().map(failure -> "no sandbox starts: " + failure.reason() + ": " + failure.message());
    }

    /**
     * Returns why no requests should be sent here; empty if they should. kube-proxy sends requests to a terminating pod
     * only while no other is ready, and only if the pod itself is ready. So a runner that shuts down stays ready until
     * there is another, if only to answer that runs have to wait.
     */
    Optional<String> unreadiness() {
        if (drain.stage() == Drain.Stage.SERVING) {
            return sickness();
        }
        return drain.succession() == Succession.AWAITED ? Optional.empty() : Optional.of("shutting down");
    }
}
