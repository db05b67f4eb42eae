/** A client of {@code /v1/runs}; {@code docs/api.md} describes what it speaks. */
@NullMarked
package dev.sandpool.client;

import org.jspecify.annotations.NullMarked;
