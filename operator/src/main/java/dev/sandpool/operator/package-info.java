/** Starts and ends the operator: settings, controllers, leader election, probes and metrics. */
@NullMarked
package dev.sandpool.operator;

import org.jspecify.annotations.NullMarked;
