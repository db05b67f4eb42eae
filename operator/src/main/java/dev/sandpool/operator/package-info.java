/** Makes what SandboxPools ask for, tells how they are doing, and deletes leaked sandboxes. */
@NullMarked
package dev.sandpool.operator;

import org.jspecify.annotations.NullMarked;
