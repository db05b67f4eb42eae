/** The settings of a runner, read and checked once at its start. Imports {@code sandbox} only. */
@NullMarked
package dev.sandpool.runner.config;

import org.jspecify.annotations.NullMarked;
