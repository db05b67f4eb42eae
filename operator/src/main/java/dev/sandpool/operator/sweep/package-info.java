/** Finds sandboxes that nobody wants, and deletes them. */
@NullMarked
package dev.sandpool.operator.sweep;

import org.jspecify.annotations.NullMarked;
