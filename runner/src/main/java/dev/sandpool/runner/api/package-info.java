/**
 * The endpoints that run programs, one class each, and the formats of their responses. Imports {@code api.request},
 * {@code http} and the packages below.
 */
@NullMarked
package dev.sandpool.runner.api;

import org.jspecify.annotations.NullMarked;
