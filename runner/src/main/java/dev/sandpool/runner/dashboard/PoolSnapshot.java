package dev.sandpool.runner.dashboard;

import dev.sandpool.runner.sandbox.PoolState;
import java.util.List;

/**
 * What one runner's part of a pool looks like at one moment, for people and pages. Two that are equal have nothing new to tell.
 *
 * @param runner this one among those of its pool
 * @param revision of the sandboxes that are started; empty before there are settings
 * @param workers programs that may run at once
 * @param queueDepth requests that may wait for a worker
 * @param recent the last minutes, without the seconds in which nothing ended
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
    /** What this runner and its pool are called. */
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
