/**
 * What a runner publishes about completed runs: metrics, a line of the log for each run, and traces. Imports {@code
 * run}, {@code admission}, {@code config} and {@code sandbox}.
 */
@NullMarked
package dev.sandpool.runner.telemetry;

import org.jspecify.annotations.NullMarked;
