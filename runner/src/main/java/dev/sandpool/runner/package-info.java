/**
 * The program: it reads its settings, creates the pool and the server, and ends in order. It may import every other
 * package, and no other package imports it.
 */
@NullMarked
package dev.sandpool.runner;

import org.jspecify.annotations.NullMarked;
