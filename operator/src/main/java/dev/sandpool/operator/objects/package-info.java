/** The objects of a pool, created from its spec. Functions of values. */
@NullMarked
package dev.sandpool.operator.objects;

import org.jspecify.annotations.NullMarked;
