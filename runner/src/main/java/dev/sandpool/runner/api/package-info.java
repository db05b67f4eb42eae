/**
 * The endpoints that run programs, one class each, and how their answers are written. It imports {@code api.request},
 * {@code http} and what is below them.
 */
@NullMarked
package dev.sandpool.runner.api;

import org.jspecify.annotations.NullMarked;
