/**
 * Keeps sandboxes warm, hands each to one run, and keeps those that may serve the same caller again. It does not depend
 * on what a sandbox is made of. Imports {@code sandbox} only.
 */
@NullMarked
package dev.sandpool.runner.sandbox.pool;

import org.jspecify.annotations.NullMarked;
