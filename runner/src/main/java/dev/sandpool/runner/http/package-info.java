/**
 * HTTP as clients of Go's net/http expect it: connections, limits on what a client sends, plain text and problem+json.
 * It does not depend on any endpoint. Imports {@code run} and {@code admission}.
 */
@NullMarked
package dev.sandpool.runner.http;

import org.jspecify.annotations.NullMarked;
