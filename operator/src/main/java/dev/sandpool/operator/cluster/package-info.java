/** Access to the API server that the packages above share: pods, events, refusals, compact caches. */
@NullMarked
package dev.sandpool.operator.cluster;

import org.jspecify.annotations.NullMarked;
