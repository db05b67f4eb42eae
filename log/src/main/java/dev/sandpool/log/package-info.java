/** How Sandpool's programs write their log. Over SLF4J and Java's own logging; nothing of what they do. */
@NullMarked
package dev.sandpool.log;

import org.jspecify.annotations.NullMarked;
