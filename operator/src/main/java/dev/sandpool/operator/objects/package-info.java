/** The objects of a pool, made from its spec. Functions of values. */
@NullMarked
package dev.sandpool.operator.objects;

import org.jspecify.annotations.NullMarked;
