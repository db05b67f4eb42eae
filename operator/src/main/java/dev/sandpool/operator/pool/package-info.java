/** Reconciles SandboxPools: observes, plans, acts, and writes the status. */
@NullMarked
package dev.sandpool.operator.pool;

import org.jspecify.annotations.NullMarked;
