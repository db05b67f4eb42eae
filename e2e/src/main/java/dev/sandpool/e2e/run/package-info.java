/**
 * Runs as a client sees them: programs to send, the answers of a runner, its metrics, and the time that it took. The tests
 * of {@code e2e} and the benchmarks of {@code bench} share it.
 */
@NullMarked
package dev.sandpool.e2e.run;

import org.jspecify.annotations.NullMarked;
