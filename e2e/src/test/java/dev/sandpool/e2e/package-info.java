/** Tests on a real cluster, through the runner's Service. */
@NullMarked
package dev.sandpool.e2e;

import org.jspecify.annotations.NullMarked;
