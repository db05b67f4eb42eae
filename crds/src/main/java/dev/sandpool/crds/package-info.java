/** The names that Sandpool's programs and manifests share on the Kubernetes API. */
@NullMarked
package dev.sandpool.crds;

import org.jspecify.annotations.NullMarked;
