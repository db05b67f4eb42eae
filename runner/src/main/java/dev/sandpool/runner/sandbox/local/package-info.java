/**
 * Sandboxes that are child processes of the runner, for development and tests. Imports {@code sandbox.session} and
 * {@code sandbox}.
 */
@NullMarked
package dev.sandpool.runner.sandbox.local;

import org.jspecify.annotations.NullMarked;
