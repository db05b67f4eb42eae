/** How Sandpool's programs write their log. SLF4J, with Logback behind it; nothing of what they do. */
@NullMarked
package dev.sandpool.log;

import org.jspecify.annotations.NullMarked;
