/**
 * Identifies the caller of a request, and limits what a caller may have: a slot, a place in the queue, a rate, memory.
 * Imports {@code sandbox} only, for the interface to the cluster's token review.
 */
@NullMarked
package dev.sandpool.runner.admission;

import org.jspecify.annotations.NullMarked;
