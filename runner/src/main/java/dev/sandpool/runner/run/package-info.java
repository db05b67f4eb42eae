/**
 * One run, from its request to its outcome: admission, a sandbox, the upload, the output, the record of it. It does not
 * depend on an HTTP server. Imports {@code admission}, {@code sandbox.pool} and {@code sandbox}.
 */
@NullMarked
package dev.sandpool.runner.run;

import org.jspecify.annotations.NullMarked;
