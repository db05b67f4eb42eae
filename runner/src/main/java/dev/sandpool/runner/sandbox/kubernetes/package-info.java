/**
 * Sandboxes in pods, and all else that a runner asks of the API server. Only this package knows the Kubernetes client.
 * It imports {@code sandbox.session} and {@code sandbox}.
 */
@NullMarked
package dev.sandpool.runner.sandbox.kubernetes;

import org.jspecify.annotations.NullMarked;
