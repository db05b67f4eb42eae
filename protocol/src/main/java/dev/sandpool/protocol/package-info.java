/** The frames that a runner and contained exchange; {@code docs/protocol.md} is the normative text. */
@NullMarked
package dev.sandpool.protocol;

import org.jspecify.annotations.NullMarked;
