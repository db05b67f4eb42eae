package dev.sandpool.runner.sandbox.pool;

import java.time.Duration;

/**
 * The next actions of a pool, computed from numbers alone.
 *
 * @param retire the number of idle sandboxes to give up; those of an older revision go first, then the oldest
 * @param start the number of sandboxes of the current revision to start
 * @param startCanary whether to start a sandbox of the candidate revision
 */
record ReplenishPlan(int retire, int start, boolean startCanary) {
    // A start costs a node 0.6 CPU seconds. With six starts at once on two cores, the median of a run grew from 53 to
    // 477 ms. A run of a playground takes a tenth of a second, so its replacement waits until it ends. It does not wait
    // longer for a program that sleeps.
    static final Duration LONGEST_YIELD = Duration.ofMillis(250);

    /**
     * The current numbers.
     *
     * @param idle sandboxes that are warm and not claimed, of all revisions
     * @param outdated idle sandboxes to replace: of another revision than the current one, or worn
     * @param starting starts under way, without the canary's
     * @param returning sandboxes in a run that become warm again by themselves
     * @param hasCandidate whether there is a candidate revision
     * @param hasCanary whether a sandbox of the candidate is starting, or has not stayed warm for long enough yet
     */
    record Counts(int idle, int outdated, int starting, int returning, boolean hasCandidate, boolean hasCanary) {}

    /**
     * Computes the plan for {@code wanted} warm sandboxes. Only sandboxes above that number are retired, so neither a
     * swap nor a smaller target reduces the pool below it. A swap starts one sandbox more than wanted. No sandbox is
     * swapped while a candidate is tried, because its replacement could be outdated at once.
     */
    static ReplenishPlan of(Counts counts, int wanted) {
        int retire = Math.clamp((long) counts.idle + counts.returning - wanted, 0, counts.idle);
        int outdated = Math.max(0, counts.outdated - retire);
        int missing = Math.max(0, wanted - (counts.idle - retire) - counts.starting - counts.returning);
        boolean swap = outdated > 0 && !counts.hasCandidate && counts.starting == 0;
        return new ReplenishPlan(retire, Math.max(missing, swap ? 1 : 0), counts.hasCandidate && !counts.hasCanary);
    }

    /** Returns the maximum number of concurrent starts: the number of workers, or one while starts fail. */
    static int maxStarts(boolean startsFail, int workers) {
        return startsFail ? 1 : workers;
    }

    /**
     * Returns the time to wait before the next start; zero or less: start now.
     *
     * @param backoff the time until starts may be tried again
     * @param missingFor the time for which a sandbox has been missing
     * @param yields whether runs have priority; false when so few sandboxes are warm that runs would soon wait
     */
    static Duration delay(Duration backoff, Duration missingFor, boolean yields) {
        Duration yielding = yields ? LONGEST_YIELD.minus(missingFor) : Duration.ZERO;
        return yielding.compareTo(backoff) > 0 ? yielding : backoff;
    }
}
