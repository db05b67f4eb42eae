package dev.sandpool.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.EmbeddedSpec;
import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolSpec;
import dev.sandpool.operator.objects.Accounts;
import dev.sandpool.operator.objects.SandboxRevision;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is written in manifests/, and what the programs take for granted of it. */
class ManifestsTest {
    private static final Path MANIFESTS = Path.of("..", "manifests");
    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    private final Container operator = find("base/operator.yaml", Deployment.class, "sandpool-operator")
            .getSpec()
            .getTemplate()
            .getSpec()
            .getContainers()
            .getFirst();

    @Test
    void theOperatorGetsTheVariablesThatItReadsAndNoOthers() {
        Map<String, String> environment = operator.getEnv().stream()
                .collect(Collectors.toMap(
                        EnvVar::getName, variable -> variable.getValueFrom() == null ? variable.getValue() : "given"));

        var config = OperatorConfig.read(environment); // which refuses those that it does not know

        assertThat(config.namespaces()).isEmpty();
        assertThat(operator.getPorts())
                .extracting(ContainerPort::getContainerPort)
                .containsExactly(config.port());
    }

    @Test
    void theOperatorIsProbedWhereItAnswers() {
        assertThat(Stream.of(operator.getLivenessProbe(), operator.getStartupProbe(), operator.getReadinessProbe())
                        .map(Probe::getHttpGet))
                .extracting(get -> get.getPort().getStrVal() + get.getPath())
                .containsExactly("admin/livez", "admin/livez", "admin/readyz");
        assertThat(operator.getPorts()).extracting(ContainerPort::getName).containsExactly("admin");
    }

    /** Or else the API server would not let it make a pool's Role. */
    @Test
    void theOperatorMayDoAllThatItLetsRunnersDo() {
        List<PolicyRule> own = Stream.of("sandpool-operator", "sandpool-operator-gives")
                .flatMap(name -> find("base/rbac.yaml", ClusterRole.class, name).getRules().stream())
                .toList();

        for (PolicyRule given : Accounts.role(pool(), templates()).getRules()) {
            for (String group : given.getApiGroups()) {
                for (String resource : given.getResources()) {
                    assertThat(verbs(own, group, resource))
                            .as("verbs on %s of \"%s\"", resource, group)
                            .containsAll(given.getVerbs());
                }
            }
        }
    }

    @Test
    void theOperatorMayChangeOneClusterRoleBindingWhichTheInstallationBrings() {
        var binding = find("base/rbac.yaml", ClusterRoleBinding.class, TokenReviewers.BINDING);
        assertThat(binding.getSubjects()).isEmpty();
        List<PolicyRule> own =
                find("base/rbac.yaml", ClusterRole.class, "sandpool-operator").getRules();
        assertThat(own.stream().filter(rule -> rule.getResources().contains("clusterrolebindings")))
                .singleElement()
                .satisfies(rule -> {
                    assertThat(rule.getResourceNames()).containsExactly(TokenReviewers.BINDING);
                    assertThat(rule.getVerbs()).containsExactly("get", "update");
                });
        List<PolicyRule> gives = find("base/rbac.yaml", ClusterRole.class, "sandpool-operator-gives")
                .getRules();
        assertThat(gives)
                .containsAll(find(
                                "base/rbac.yaml",
                                ClusterRole.class,
                                binding.getRoleRef().getName())
                        .getRules());
    }

    private static Set<String> verbs(List<PolicyRule> rules, String group, String resource) {
        return rules.stream()
                .filter(rule -> rule.getApiGroups().contains(group)
                        && rule.getResources().contains(resource)
                        && rule.getResourceNames().isEmpty())
                .flatMap(rule -> rule.getVerbs().stream())
                .collect(Collectors.toSet());
    }

    @Test
    void theAdmissionPolicyKnowsTheNamesAndLabelsThatPoolsHave() {
        String policy = text("base/admission-policy.yaml");

        assertThat(policy)
                .contains("[^:]+" + PoolNames.RUNNER_ACCOUNT_SUFFIX + "$")
                .contains("'" + PoolNames.RUNNER_ACCOUNT_SUFFIX + "'.size()")
                .contains("variables.pool + '" + PoolNames.sandboxPrefix("") + "' + variables.runner.substring")
                .contains("'^[a-z0-9]{" + PoolNames.SANDBOX_LETTERS + "}$'")
                .contains("dyn(variables.pool + '" + PoolNames.sandboxAccount("") + "')")
                .contains("'name': dyn('" + SandboxRevision.CONTAINER + "')")
                .contains("'activeDeadlineSeconds': dyn(" + SandboxRevision.LONGEST_LIFE_SECONDS + ")");
        assertThat(List.of(
                        PoolLabels.POOL,
                        PoolLabels.ROLE,
                        PoolLabels.REVISION,
                        PoolLabels.RUNNER,
                        PoolLabels.RUNNER_LIFE))
                .allSatisfy(label -> assertThat(policy).contains("labels[?'" + label + "'].orValue('')"));
    }

    @Test
    void theAdmissionPoliciesAskTheRoleForAllThatItLists() {
        String policy = text("base/admission-policy.yaml");

        Role role = Accounts.role(pool(), templates());
        assertThat(role.getRules().stream()
                        .filter(rule -> rule.getVerbs().contains("use"))
                        .map(rule -> "authorizer.group('" + rule.getApiGroups().getFirst() + "').resource('"
                                + rule.getResources().getFirst() + "')"))
                .hasSize(5)
                .allSatisfy(question -> assertThat(policy).contains(question));
    }

    /** The Role names what the policy asks for: a profile's type and, of a file, its path. */
    @Test
    void theSeccompProfileHasOneNameEverywhere() {
        String file = EmbeddedSpec.defaults().seccompProfile().file();

        assertThat(text("deploy")).contains("/var/lib/kubelet/seccomp/" + file);
        assertThat(text("samples/embedded.yaml"))
                .contains("localhostProfile: " + file)
                .contains("/var/lib/kubelet/seccomp/" + file);
        assertThat(text("../scripts/kubectl-sandpool")).contains("$file := \"" + file + "\"");
        assertThat(text("base/admission-policy.yaml"))
                .contains("'Localhost/' + string(variables.seccomp.localhostProfile) : 'Unconfined'");
        assertThat(Accounts.role(pool(), templates()).getRules())
                .filteredOn(rule -> rule.getResources().contains("seccompprofiles"))
                .singleElement()
                .satisfies(rule -> assertThat(rule.getResourceNames()).containsExactly("Localhost/" + file));
    }

    /** The API server looks for parameters before it asks whose pod it is: Deny would stop the pods of everybody. */
    @Test
    void aNamespaceWithoutPoolsIsNoneOfThePoliciesBusiness() {
        assertThat(text("base/admission-policy.yaml"))
                .contains("parameterNotFoundAction: Allow")
                .doesNotContain("parameterNotFoundAction: Deny");
    }

    /** Of kubeadm and its like, and of minikube. */
    @Test
    void theOperatorReachesApiServersWhereverTheyListen() {
        var policy = find("base/network-policy.yaml", NetworkPolicy.class, "sandpool-operator");

        assertThat(policy.getSpec().getEgress().stream()
                        .filter(rule -> rule.getTo().isEmpty())
                        .flatMap(rule -> rule.getPorts().stream()))
                .extracting(port -> port.getPort().getIntVal())
                .containsExactly(443, 6443, 8443);
    }

    @Test
    void prometheusFindsRunnersByTheLabelsThatTheyHave() {
        assertThat(text("monitoring/monitors.yaml"))
                .contains("matchLabels: {" + PoolLabels.ROLE + ": " + PoolLabels.ROLE_RUNNER + "}")
                .contains("__meta_kubernetes_pod_label_" + PoolLabels.POOL.replaceAll("[./]", "_") + "]");
    }

    @Test
    void theSmallestSampleHasSixLines() {
        assertThat(text("samples/smallest.yaml")).hasLineCount(6);
    }

    @Test
    void theFullSampleHasEveryFieldThereIs() {
        // What excludes each other is in two samples.
        Map<Object, Object> all = new HashMap<>(spec("samples/full.yaml"));
        all.put("embedded", Objects.requireNonNull(spec("samples/embedded.yaml").get("embedded")));
        assertHasAll(SandboxPoolSpec.class, all, "spec");
    }

    private static Map<?, ?> spec(String file) {
        return (Map<?, ?>)
                Objects.requireNonNull(YAML.unmarshal(text(file), Map.class).get("spec"));
    }

    private static void assertHasAll(Class<?> type, @Nullable Object written, String path) {
        Map<?, ?> fields = written instanceof Map<?, ?> map ? map : Map.of();
        for (RecordComponent component : type.getRecordComponents()) {
            String name = component.getName();
            assertThat(fields.containsKey(name)).as(path + "." + name).isTrue();
            if (component.getType().isRecord()) {
                assertHasAll(component.getType(), fields.get(name), path + "." + name);
            }
        }
    }

    private static SandboxPool pool() {
        return pool("samples/full.yaml");
    }

    private static SandboxPool pool(String file) {
        SandboxPool pool = YAML.unmarshal(text(file), SandboxPool.class);
        pool.setMetadata(new ObjectMetaBuilder(pool.getMetadata())
                .withNamespace("any")
                .withUid("any")
                .build());
        return pool;
    }

    /** Of both isolations, as a pool has them that changes from one to the other. */
    private static List<PodTemplate> templates() {
        return Stream.of("samples/full.yaml", "samples/embedded.yaml")
                .map(ManifestsTest::pool)
                .map(pool -> SandboxRevision.of(pool).podTemplate(pool))
                .toList();
    }

    private static <T extends HasMetadata> T find(String file, Class<T> type, String name) {
        return Stream.of(text(file).split("(?m)^---$"))
                .map(YAML::<HasMetadata>unmarshal)
                .filter(type::isInstance)
                .map(type::cast)
                .filter(object -> object.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static String text(String file) {
        try {
            return Files.readString(MANIFESTS.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
