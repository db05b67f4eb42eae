/**
 * Whose a request is, and what its caller may have: a slot, a place in the queue, a rate, memory. It imports {@code
 * sandbox} only, for the interface to the cluster's token review.
 */
@NullMarked
package dev.sandpool.runner.admission;

import org.jspecify.annotations.NullMarked;
