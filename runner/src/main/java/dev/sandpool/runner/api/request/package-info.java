/**
 * Reads what a request for a run asks for: the query, options in JSON, forms. It does not know Helidon. It imports
 * {@code http}, {@code run}, {@code config} and {@code sandbox}.
 */
@NullMarked
package dev.sandpool.runner.api.request;

import org.jspecify.annotations.NullMarked;
