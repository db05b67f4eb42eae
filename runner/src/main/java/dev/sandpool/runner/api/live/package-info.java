/**
 * Runs over a WebSocket, whose input and output flow while the program runs. It imports {@code api} and what is below
 * it.
 */
@NullMarked
package dev.sandpool.runner.api.live;

import org.jspecify.annotations.NullMarked;
