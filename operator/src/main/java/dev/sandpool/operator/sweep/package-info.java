/** Finds unwanted sandboxes, and deletes them. */
@NullMarked
package dev.sandpool.operator.sweep;

import org.jspecify.annotations.NullMarked;
