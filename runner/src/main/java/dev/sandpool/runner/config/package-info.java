/** The settings of a runner, read and checked once at its start. It imports {@code sandbox} only. */
@NullMarked
package dev.sandpool.runner.config;

import org.jspecify.annotations.NullMarked;
