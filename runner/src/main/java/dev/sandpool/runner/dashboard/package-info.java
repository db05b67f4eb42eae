/**
 * The page that shows the pool, and the JSON and events that it reads. Imports {@code http}, {@code run}, {@code
 * admission} and {@code sandbox}.
 */
@NullMarked
package dev.sandpool.runner.dashboard;

import org.jspecify.annotations.NullMarked;
