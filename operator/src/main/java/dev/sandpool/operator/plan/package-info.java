/** Decides which objects a pool should have and what its status says. Functions of values, without input or output. */
@NullMarked
package dev.sandpool.operator.plan;

import org.jspecify.annotations.NullMarked;
