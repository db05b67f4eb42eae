/**
 * Sandboxes in pods, and all other requests of a runner to the API server. In the runner, only this package uses the
 * Kubernetes client. Imports {@code sandbox.session} and {@code sandbox}.
 */
@NullMarked
package dev.sandpool.runner.sandbox.kubernetes;

import org.jspecify.annotations.NullMarked;
