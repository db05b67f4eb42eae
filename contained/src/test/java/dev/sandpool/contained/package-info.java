/** Tests of the C program {@code contained}: the real binary, spoken to over pipes as a runner does. */
@NullMarked
package dev.sandpool.contained;

import org.jspecify.annotations.NullMarked;
