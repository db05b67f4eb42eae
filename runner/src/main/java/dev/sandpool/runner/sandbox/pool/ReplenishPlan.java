package dev.sandpool.runner.sandbox.pool;

/**
 * The next actions of a pool, computed from numbers alone. {@link ReplenishPolicy} decides when they may start.
 *
 * @param retire the number of idle sandboxes to give up; those of an older revision go first, then the oldest
 * @param start the number of sandboxes of the current revision to start
 * @param attempt whether to start a sandbox of the candidate revision
 */
record ReplenishPlan(int retire, int start, boolean attempt) {
    /**
     * The current numbers.
     *
     * @param idle sandboxes that are warm and not claimed, of all revisions
     * @param outdated idle sandboxes to replace: of another revision than the current one, or worn
     * @param starting starts under way, without the candidate's
     * @param returning sandboxes in a run that become warm again by themselves
     * @param candidate whether there is a candidate revision
     * @param attempted whether a sandbox of the candidate is starting or has not proved itself yet
     */
    record Counts(int idle, int outdated, int starting, int returning, boolean candidate, boolean attempted) {}

    /**
     * Computes the plan for {@code wanted} warm sandboxes. Only sandboxes above that number are retired, so neither a
     * swap nor a smaller target reduces the pool below it. A swap starts one sandbox more than wanted. No sandbox is
     * swapped while a candidate is tried, because its replacement could be outdated at once.
     */
    static ReplenishPlan of(Counts counts, int wanted) {
        int retire = Math.clamp((long) counts.idle + counts.returning - wanted, 0, counts.idle);
        int outdated = Math.max(0, counts.outdated - retire);
        int missing = Math.max(0, wanted - (counts.idle - retire) - counts.starting - counts.returning);
        boolean swap = outdated > 0 && !counts.candidate && counts.starting == 0;
        return new ReplenishPlan(retire, Math.max(missing, swap ? 1 : 0), counts.candidate && !counts.attempted);
    }
}
