/**
 * Keeps sandboxes warm, hands each to one run, and keeps those that may serve the same caller again. It does not know
 * what a sandbox is made of. It imports {@code sandbox} only.
 */
@NullMarked
package dev.sandpool.runner.sandbox.pool;

import org.jspecify.annotations.NullMarked;
