package dev.sandpool.operator.objects;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.EmbeddedSpec;
import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolSpec;
import dev.sandpool.operator.Samples;
import dev.sandpool.operator.plan.ObservedPool;
import dev.sandpool.operator.plan.PoolPlan;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is made of each pool in src/test/resources/pools, to the letter; and what holds for whatever pool. */
class PoolObjectsTest {
    private static final Path CASES = Path.of("src/test/resources/pools");
    private static final String REWRITE = "sandpool.cases.write";

    static List<Path> cases() throws IOException {
        try (Stream<Path> folders = Files.list(CASES)) {
            return folders.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void objectsAreAsTheFilesSay(Path folder) throws IOException {
        Map<String, String> made = new TreeMap<>();
        objects(folder).forEach(object -> made.put(file(object), yaml(object)));
        if (Boolean.getBoolean(REWRITE)) {
            rewrite(folder, made);
        }

        assertThat(written(folder))
                .as("if it should be as it is now: scripts/maven -pl operator -am test -Dtest=PoolObjectsTest"
                        + " -Dsurefire.failIfNoSpecifiedTests=false -D" + REWRITE + "=true")
                .isEqualTo(made);
    }

    @Test
    void theFullPoolSaysAllThatAPoolCanSay() throws IOException {
        Map<?, ?> pool = Serialization.unmarshal(Files.readString(CASES.resolve("full/in-pool.yaml")), Map.class);

        assertThat(unsaid(SandboxPoolSpec.class, pool.get("spec"), "spec"))
                .allMatch(path -> path.equals("spec.embedded"));
        Map<?, ?> embedded =
                Serialization.unmarshal(Files.readString(CASES.resolve("embedded/in-pool.yaml")), Map.class);
        Map<?, ?> spec = (Map<?, ?>) Objects.requireNonNull(embedded.get("spec"));
        assertThat(unsaid(EmbeddedSpec.class, spec.get("embedded"), "spec.embedded"))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void allIsThePoolsAndGoesWithIt(Path folder) throws IOException {
        SandboxPool pool = pool(folder);
        assertThat(objects(folder)).allSatisfy(object -> {
            ObjectMeta meta = object.getMetadata();
            assertThat(meta.getNamespace()).isEqualTo(pool.getMetadata().getNamespace());
            assertThat(meta.getName()).hasSizeLessThanOrEqualTo(63);
            assertThat(meta.getLabels())
                    .containsEntry(PoolLabels.MANAGED_BY, "sandpool")
                    .containsEntry(PoolLabels.POOL, pool.getMetadata().getName())
                    .containsKey("app.kubernetes.io/name");
            assertThat(meta.getOwnerReferences()).singleElement().satisfies(owner -> {
                assertThat(owner.getApiVersion()).isEqualTo("sandpool.dev/v1alpha1");
                assertThat(owner.getKind()).isEqualTo("SandboxPool");
                assertThat(owner.getName()).isEqualTo(pool.getMetadata().getName());
                assertThat(owner.getUid()).isEqualTo(pool.getMetadata().getUid());
                assertThat(owner.getController()).isTrue();
            });
        });
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aSandboxHasAKernelOfItsOwnLimitsAndNothingElse(Path folder) throws IOException {
        PodSpec sandbox =
                only(folder, PodTemplate.class).getFirst().getTemplate().getSpec();

        boolean isEmbedded = pool(folder).getSpec().isolation() == SandboxPoolSpec.Isolation.Embedded;
        assertThat(sandbox.getRuntimeClassName())
                .isEqualTo(pool(folder).getSpec().sandboxRuntimeClass().orElse(null));
        assertThat(sandbox.getRuntimeClassName() == null).isEqualTo(isEmbedded);
        assertThat(sandbox.getAutomountServiceAccountToken()).isFalse();
        assertThat(sandbox.getEnableServiceLinks()).isFalse();
        assertThat(sandbox.getRestartPolicy()).isEqualTo("Never");
        assertThat(sandbox.getActiveDeadlineSeconds()).isPositive();
        assertThat(sandbox.getVolumes()).isEmpty();
        assertThat(sandbox.getContainers()).singleElement().satisfies(container -> {
            assertThat(container.getName()).isEqualTo("contained");
            assertThat(container.getStdin()).isTrue();
            assertThat(container.getStdinOnce()).isTrue();
            assertThat(container.getEnv()).isEmpty();
            assertThat(container.getCommand()).isEmpty();
            assertThat(container.getResources().getLimits()).containsKeys("cpu", "memory");
        });
        assertThat(sandbox.getInitContainers()).isEmpty();
        assertThatItIsRestricted(sandbox, isEmbedded ? "Localhost" : "RuntimeDefault");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aRunnerIsRestrictedToo(Path folder) throws IOException {
        PodSpec runner = only(folder, Deployment.class)
                .getFirst()
                .getSpec()
                .getTemplate()
                .getSpec();

        assertThatItIsRestricted(runner, "RuntimeDefault");
        assertThat(runner.getContainers())
                .allSatisfy(container ->
                        assertThat(container.getResources().getLimits()).containsKey("memory"));
        assertThat(runner.getEnableServiceLinks()).isFalse();
    }

    /** As OpenShift wants it, which refuses a user that is not of the namespace's range. */
    @ParameterizedTest
    @MethodSource("cases")
    void whoPodsRunAsIsSaidOrLeftToTheNamespace(Path folder) throws IOException {
        Long user = pool(folder).getSpec().runAsUser() == SandboxPoolSpec.RunAsUser.Fixed ? 65532L : null;
        PodSecurityContext sandbox = only(folder, PodTemplate.class)
                .getFirst()
                .getTemplate()
                .getSpec()
                .getSecurityContext();
        PodSecurityContext runner = only(folder, Deployment.class)
                .getFirst()
                .getSpec()
                .getTemplate()
                .getSpec()
                .getSecurityContext();

        assertThat(sandbox.getRunAsUser()).isEqualTo(user);
        assertThat(sandbox.getRunAsGroup()).isEqualTo(user);
        assertThat(sandbox.getFsGroup()).isNull();
        assertThat(runner.getRunAsUser()).isEqualTo(user);
        assertThat(runner.getRunAsGroup()).isEqualTo(user);
        assertThat(runner.getFsGroup()).isEqualTo(user);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aRunnerMayDoLittleAndASandboxNothing(Path folder) throws IOException {
        assertThat(only(folder, Role.class).getFirst().getRules()).allSatisfy(rule -> {
            assertThat(all(rule)).doesNotContain("*").doesNotContain("secrets");
            assertThat(rule.getNonResourceURLs()).isEmpty();
            // Without names it would be those of other pools, too.
            if (!Set.of("pods", "pods/attach").containsAll(rule.getResources())) {
                assertThat(rule.getResourceNames()).isNotEmpty();
            }
        });
        assertThat(only(folder, ServiceAccount.class))
                .filteredOn(account -> account.getMetadata().getName().endsWith("-sandbox"))
                .singleElement()
                .satisfies(account ->
                        assertThat(account.getAutomountServiceAccountToken()).isFalse());
    }

    @Test
    void theLongestPoolNameLeavesRoomForAllNames() {
        SandboxPool pool = Samples.pool("");
        pool.getMetadata().setName("p".repeat(40));

        assertThat(objects(pool))
                .allSatisfy(object -> assertThat(object.getMetadata().getName()).hasSizeLessThanOrEqualTo(63));
    }

    /** What PodSecurity's level of that name asks for. */
    private static void assertThatItIsRestricted(PodSpec pod, String seccompProfile) {
        assertThat(pod.getHostNetwork()).isNull();
        assertThat(pod.getHostPID()).isNull();
        assertThat(pod.getHostIPC()).isNull();
        assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo(seccompProfile);
        assertThat(pod.getVolumes())
                .allSatisfy(volume -> assertThat(volume.getEmptyDir() != null || volume.getSecret() != null)
                        .isTrue());
        assertThat(pod.getContainers()).allSatisfy(container -> {
            SecurityContext context = container.getSecurityContext();
            assertThat(context.getAllowPrivilegeEscalation()).isFalse();
            assertThat(context.getReadOnlyRootFilesystem()).isTrue();
            assertThat(context.getPrivileged()).isNull();
            assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
            assertThat(context.getCapabilities().getAdd()).isEmpty();
        });
    }

    private static List<String> all(PolicyRule rule) {
        return Stream.of(rule.getApiGroups(), rule.getResources(), rule.getResourceNames(), rule.getVerbs())
                .flatMap(List::stream)
                .toList();
    }

    /** The paths of those fields that a pool does not have. */
    private static List<String> unsaid(Class<?> type, @Nullable Object said, String path) {
        List<String> paths = new ArrayList<>();
        Map<?, ?> fields = said instanceof Map<?, ?> map ? map : Map.of();
        for (RecordComponent component : type.getRecordComponents()) {
            String below = path + "." + component.getName();
            if (!fields.containsKey(component.getName())) {
                paths.add(below);
            } else if (component.getType().isRecord()) {
                paths.addAll(unsaid(component.getType(), fields.get(component.getName()), below));
            }
        }
        return paths;
    }

    private static SandboxPool pool(Path folder) throws IOException {
        return Serialization.unmarshal(Files.readString(folder.resolve("in-pool.yaml")), SandboxPool.class);
    }

    private static List<HasMetadata> objects(Path folder) throws IOException {
        return objects(pool(folder));
    }

    private static List<HasMetadata> objects(SandboxPool pool) {
        var unseen = new ObservedPool(
                pool,
                Optional.empty(),
                Optional.of("uid-of-the-account"),
                List.of(SandboxRevision.of(pool).podTemplate(pool)),
                Set.of(),
                true,
                List.of(),
                0,
                List.of(),
                List.of());
        return PoolPlan.of(unseen, Samples.INSTALLATION, Samples.NOW).desired();
    }

    private static <T extends HasMetadata> List<T> only(Path folder, Class<T> kind) throws IOException {
        return objects(folder).stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    private static String file(HasMetadata object) {
        return "out-" + object.getKind() + "-" + object.getMetadata().getName() + ".yaml";
    }

    /** With the keys in order, since some maps have none. */
    private static String yaml(HasMetadata object) {
        return Serialization.asYaml(Serialization.unmarshal(Hashes.canonical(object), LinkedHashMap.class));
    }

    private static Map<String, String> written(Path folder) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(folder)) {
            all.filter(file -> !file.endsWith("in-pool.yaml"))
                    .forEach(file -> files.put(file.getFileName().toString(), read(file)));
        }
        return files;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void rewrite(Path folder, Map<String, String> made) throws IOException {
        for (String old : written(folder).keySet()) {
            Files.delete(folder.resolve(old));
        }
        for (Map.Entry<String, String> file : made.entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
    }
}
