package dev.sandpool.operator.objects;

import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** The service accounts of a pool's pods and their few permissions. */
public final class Accounts {
    private static final String RBAC = "rbac.authorization.k8s.io";

    private Accounts() {}

    /** Creates the account of sandboxes. It has no permissions, and its token is not mounted. */
    static ServiceAccount sandboxAccount(SandboxPool pool) {
        return new ServiceAccountBuilder()
                .withMetadata(PoolObjects.metadata(pool, PoolNames.sandboxAccount(name(pool)))
                        .build())
                .withAutomountServiceAccountToken(false)
                .build();
    }

    static ServiceAccount runnerAccount(SandboxPool pool) {
        return new ServiceAccountBuilder()
                .withMetadata(PoolObjects.metadata(pool, PoolNames.runnerAccount(name(pool)))
                        .build())
                .build();
    }

    /** Creates the Role with exactly what a runner needs. */
    public static Role role(SandboxPool pool, Collection<PodTemplate> templates) {
        String name = name(pool);
        List<String> templateNames =
                ofAll(templates, template -> Stream.of(template.getMetadata().getName()));
        return new RoleBuilder()
                .withMetadata(PoolObjects.metadata(pool, PoolNames.runnerAccount(name))
                        .build())
                .withRules(Stream.of(
                                // Admission policies restrict which pods it may create, delete and attach to.
                                rule("", "pods", "create", "list", "watch", "delete"),
                                // get opens the attach stream over a WebSocket. From Kubernetes 1.35 on, that requires
                                // create.
                                rule("", "pods/attach", "get", "create"),
                                named("", "configmaps", List.of(PoolNames.settings(name)), "get", "list", "watch"),
                                named("", "podtemplates", templateNames, "get"),
                                named(SandboxPool.GROUP, SandboxPool.PLURAL, List.of(name), "get"),
                                named(SandboxPool.GROUP, SandboxPool.PLURAL + "/status", List.of(name), "get", "patch"),
                                // These kinds do not exist. The admission policies check whether a runner may use what
                                // its pod names, so that the pool's own Role determines that.
                                used("podtemplates", templateNames),
                                used(
                                        "sandboximages",
                                        ofAll(
                                                templates,
                                                template -> Stream.of(spec(template)
                                                        .getContainers()
                                                        .getFirst()
                                                        .getImage()))),
                                used(
                                        "runtimeclasses",
                                        ofAll(
                                                templates,
                                                template -> Stream.ofNullable(
                                                        spec(template).getRuntimeClassName()))),
                                used("seccompprofiles", ofAll(templates, Accounts::seccompProfile)),
                                used(
                                        "priorityclasses",
                                        ofAll(
                                                templates,
                                                template -> Stream.ofNullable(
                                                        spec(template).getPriorityClassName()))))
                        // A rule without names would cover all objects.
                        .filter(rule -> !rule.getResourceNames().isEmpty()
                                || !(rule.getVerbs().contains("use")
                                        || rule.getResources().contains("podtemplates")))
                        .toList())
                .build();
    }

    /**
     * Returns the seccomp profile of a pod without a RuntimeClass, which the pool chooses. Other pods use the container
     * runtime's.
     */
    private static Stream<String> seccompProfile(PodTemplate template) {
        PodSpec spec = spec(template);
        return Stream.ofNullable(spec.getSecurityContext())
                .filter(_ -> spec.getRuntimeClassName() == null)
                .flatMap(context -> Stream.ofNullable(context.getSeccompProfile()))
                .map(profile -> profile.getLocalhostProfile() == null
                        ? profile.getType()
                        : profile.getType() + "/" + profile.getLocalhostProfile());
    }

    private static PodSpec spec(PodTemplate template) {
        return template.getTemplate().getSpec();
    }

    static RoleBinding roleBinding(SandboxPool pool) {
        String name = PoolNames.runnerAccount(name(pool));
        return new RoleBindingBuilder()
                .withMetadata(PoolObjects.metadata(pool, name).build())
                .withNewRoleRef(RBAC, "Role", name)
                .addNewSubject()
                .withKind("ServiceAccount")
                .withName(name)
                .withNamespace(pool.getMetadata().getNamespace())
                .endSubject()
                .build();
    }

    private static List<String> ofAll(Collection<PodTemplate> templates, Function<PodTemplate, Stream<String>> parts) {
        return templates.stream().flatMap(parts).distinct().sorted().toList();
    }

    private static PolicyRule used(String resource, List<String> names) {
        return named(SandboxPool.GROUP, resource, names, "use");
    }

    private static PolicyRule rule(String group, String resource, String... verbs) {
        return new PolicyRuleBuilder()
                .withApiGroups(group)
                .withResources(resource)
                .withVerbs(verbs)
                .build();
    }

    private static PolicyRule named(String group, String resource, List<String> names, String... verbs) {
        return new PolicyRuleBuilder(rule(group, resource, verbs))
                .withResourceNames(names)
                .build();
    }

    private static String name(SandboxPool pool) {
        return pool.getMetadata().getName();
    }
}
