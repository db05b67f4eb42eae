/** What the packages above share about the API server: pods, events, refusals, caches that hold little. */
@NullMarked
package dev.sandpool.operator.cluster;

import org.jspecify.annotations.NullMarked;
