/**
 * What the packages below this one share: a sandbox, a run in it, their limits, the settings of a pool. It imports no
 * other package of the runner.
 */
@NullMarked
package dev.sandpool.runner.sandbox;

import org.jspecify.annotations.NullMarked;
