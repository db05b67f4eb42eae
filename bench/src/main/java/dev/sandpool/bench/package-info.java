/**
 * Benchmarks of runs, pools and the operator on a real cluster. {@code scripts/bench} starts each of them by its
 * {@code main}.
 */
@NullMarked
package dev.sandpool.bench;

import org.jspecify.annotations.NullMarked;
