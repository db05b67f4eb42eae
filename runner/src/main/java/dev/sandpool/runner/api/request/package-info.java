/**
 * Parses requests for runs: the query, options in JSON, forms. It does not use Helidon. Imports {@code http}, {@code
 * run}, {@code config} and {@code sandbox}.
 */
@NullMarked
package dev.sandpool.runner.api.request;

import org.jspecify.annotations.NullMarked;
