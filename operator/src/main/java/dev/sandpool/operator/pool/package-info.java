/** Reconciles SandboxPools: observes, has it planned, acts, and writes the status. */
@NullMarked
package dev.sandpool.operator.pool;

import org.jspecify.annotations.NullMarked;
