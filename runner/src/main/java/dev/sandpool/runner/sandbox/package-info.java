/** Warm sandboxes: where they come from, how they are kept, and one run in one of them. Knows nothing of HTTP. */
@NullMarked
package dev.sandpool.runner.sandbox;

import org.jspecify.annotations.NullMarked;
