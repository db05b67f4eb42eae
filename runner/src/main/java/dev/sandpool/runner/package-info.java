/** The HTTP service: admission, the run endpoint, probes and metrics. */
@NullMarked
package dev.sandpool.runner;

import org.jspecify.annotations.NullMarked;
