package dev.sandpool.operator.objects;

import dev.sandpool.crds.EmbeddedSpec;
import dev.sandpool.crds.SandboxPoolSpec.RunAsUser;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import java.util.Optional;

/**
 * Security contexts that comply with the level "restricted" of Pod Security, unless the pool's author chooses no
 * seccomp profile.
 */
final class Restricted {
    private static final long NOBODY = 65532;

    private Restricted() {}

    /** @param embedded empty if the node starts gVisor */
    static PodSecurityContext sandbox(RunAsUser user, Optional<EmbeddedSpec> embedded) {
        PodSecurityContextBuilder pod = pod(user);
        embedded.map(EmbeddedSpec::seccompProfile)
                .ifPresent(profile -> pod.withNewSeccompProfile()
                        .withType(profile.type().name())
                        .withLocalhostProfile(profile.file())
                        .endSeccompProfile());
        return pod.build();
    }

    /** Its group may read the token of its account. */
    static PodSecurityContext runner(RunAsUser user) {
        PodSecurityContextBuilder pod = pod(user);
        return user == RunAsUser.FromNamespace
                ? pod.build()
                : pod.withFsGroup(NOBODY).build();
    }

    /** With a user from the namespace, the cluster chooses the user, and also the groups, because they are not set. */
    private static PodSecurityContextBuilder pod(RunAsUser user) {
        PodSecurityContextBuilder pod = new PodSecurityContextBuilder()
                .withRunAsNonRoot(true)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile();
        return user == RunAsUser.FromNamespace ? pod : pod.withRunAsUser(NOBODY).withRunAsGroup(NOBODY);
    }

    static SecurityContext container() {
        return new SecurityContextBuilder()
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .build();
    }
}
