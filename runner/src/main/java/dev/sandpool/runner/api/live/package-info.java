/** Runs over a WebSocket, with input and output while the program runs. Imports {@code api} and the packages below. */
@NullMarked
package dev.sandpool.runner.api.live;

import org.jspecify.annotations.NullMarked;
