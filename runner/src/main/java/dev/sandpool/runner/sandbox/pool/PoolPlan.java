package dev.sandpool.runner.sandbox.pool;

/**
 * What a pool is to do next, by its numbers alone; when it may is another matter, {@link RefillPolicy}'s.
 *
 * @param retire idle ones to give up: of an older revision if there are any, else the oldest
 * @param start of the current revision
 * @param attempt whether one of the candidate is to be started
 */
record PoolPlan(int retire, int start, boolean attempt) {
    /**
     * What there is.
     *
     * @param idle warm and not claimed, of all revisions
     * @param outdated of these, the ones to be replaced: of another revision than the current one, or worn
     * @param starting without the candidate's
     * @param returning that run and come back warm by themselves
     * @param candidate whether there is one
     * @param attempted whether one of it is being started, or has yet to prove itself
     */
    record Counts(int idle, int outdated, int starting, int returning, boolean candidate, boolean attempted) {}

    /**
     * Only what is beyond what is wanted is ever given up, so neither a swap nor a smaller pool goes below it. To swap, one more
     * than that is started. Nothing is swapped while a candidate is tried: what would come next might be outdated as soon.
     */
    static PoolPlan of(Counts counts, int wanted) {
        int retire = Math.clamp((long) counts.idle + counts.returning - wanted, 0, counts.idle);
        int outdated = Math.max(0, counts.outdated - retire);
        int missing = Math.max(0, wanted - (counts.idle - retire) - counts.starting - counts.returning);
        boolean swap = outdated > 0 && !counts.candidate && counts.starting == 0;
        return new PoolPlan(retire, Math.max(missing, swap ? 1 : 0), counts.candidate && !counts.attempted);
    }
}
