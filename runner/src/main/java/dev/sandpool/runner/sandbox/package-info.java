/**
 * The types that the packages below share: a sandbox, a run in it, their limits, the settings of a pool. Imports no
 * other package of the runner.
 */
@NullMarked
package dev.sandpool.runner.sandbox;

import org.jspecify.annotations.NullMarked;
