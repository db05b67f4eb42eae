package dev.sandpool.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** A pool of runners behind a Service. Each runner keeps warm gVisor sandboxes and runs one untrusted program in each. */
@Group(SandboxPool.GROUP)
@Version(SandboxPool.VERSION)
@Kind(SandboxPool.KIND)
@Plural(SandboxPool.PLURAL)
@ShortNames("sbp")
@Categories("all")
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value = "self.metadata.name.size() <= " + PoolNames.LONGEST_POOL_NAME,
        message = "metadata.name must have at most 40 characters: the names of what belongs to the pool begin with it")
@ValidationRule(
        value = "self.metadata.name.matches('" + PoolNames.POOL_NAME + "')",
        message = "metadata.name must be lower-case letters, digits and hyphens, beginning with a letter and not ending"
                + " with a hyphen: the Service has it too")
public final class SandboxPool extends CustomResource<SandboxPoolSpec, SandboxPoolStatus> implements Namespaced {
    public static final String GROUP = "sandpool.dev";
    public static final String VERSION = "v1alpha1";
    public static final String KIND = "SandboxPool";
    public static final String PLURAL = "sandboxpools";

    private static final long serialVersionUID = 1;
}
