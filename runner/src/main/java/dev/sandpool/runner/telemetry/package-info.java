/**
 * What a runner publishes about the runs that have ended: metrics, one line of the log for each run, and traces. It
 * imports {@code run}, {@code admission}, {@code config} and {@code sandbox}.
 */
@NullMarked
package dev.sandpool.runner.telemetry;

import org.jspecify.annotations.NullMarked;
