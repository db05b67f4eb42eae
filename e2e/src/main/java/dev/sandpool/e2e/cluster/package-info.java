/**
 * The cluster as an administrator sees it: the deployed pool, pools of one's own, the API server. The tests of {@code e2e}
 * and the benchmarks of {@code bench} share it.
 */
@NullMarked
package dev.sandpool.e2e.cluster;

import org.jspecify.annotations.NullMarked;
