package dev.sandpool.runner.dashboard;

import dev.sandpool.runner.sandbox.PoolState;
import java.util.List;

/**
 * A snapshot of one runner's part of a pool, for people and pages. If two snapshots are equal, nothing has changed.
 *
 * @param runner the name of this runner in its pool
 * @param revision the revision of new sandboxes; empty before there are settings
 * @param workers the maximum number of concurrent runs
 * @param queueDepth the maximum number of requests that wait for a worker
 * @param recent the last minutes, without the periods in which no run ended
 */
public record PoolSnapshot(
        String pool,
        String runner,
        String revision,
        int workers,
        int warm,
        int warmWanted,
        String warmReason,
        int running,
        int starting,
        int queued,
        int queueDepth,
        List<RunHistory.Bucket> recent) {
    /** The names of this runner and its pool. */
    public record Names(String pool, String runner) {}

    public static PoolSnapshot of(
            Names names, PoolState state, int queued, int queueDepth, List<RunHistory.Bucket> recent) {
        return new PoolSnapshot(
                names.pool(),
                names.runner(),
                state.revision().orElse(""),
                state.workers(),
                state.warm(),
                state.warmWanted(),
                state.warmReason(),
                state.running(),
                state.starting(),
                queued,
                queueDepth,
                recent);
    }
}
