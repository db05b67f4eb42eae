package dev.sandpool.operator.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.RunLimits;
import dev.sandpool.operator.Samples;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SandboxRevisionTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sandbox: {labels: {a: x, b: y, c: z}} | sandbox: {labels: {c: z, b: y, a: x}}",
                "sandbox: {annotations: {a: x, b: y}}  | sandbox: {annotations: {b: y, a: x}}",
                "sandbox: {nodeSelector: {a: x, b: y}} | sandbox: {nodeSelector: {b: y, a: x}}",
                "limits: {memory: 1Gi, cpu: 1}         | limits: {memory: 1024Mi, cpu: 1000m}",
                "sandbox: {nodeSelector: {kubernetes.io/arch: amd64}} | ''",
                "sandbox: {resources: {requests: {cpu: 0.005, memory: 65536Ki}}} | ''",
                "limits: {binary: 1024Ki}              | limits: {binary: 1Mi}",
                "''                                    | 'limits: {}, sandbox: {}, runtimeClassName: gvisor'",
                "''                                    | 'isolation: RuntimeClass'"
            })
    void theSameSaidOtherwiseIsTheSameRevision(String spec, String other) {
        assertThat(hash(spec)).isEqualTo(hash(other)).matches("[0-9a-f]{10}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "limits: {memory: 64Mi}",
                "limits: {cpu: 500m}",
                "limits: {pids: 65}",
                "limits: {binary: 1Mi}",
                "limits: {output: 1Mi}",
                "limits: {runTimeout: 6s}",
                "sandbox: {labels: {a: x}}",
                "sandbox: {annotations: {a: x}}",
                "sandbox: {nodeSelector: {a: x}}",
                "sandbox: {tolerations: [{key: a, operator: Exists}]}",
                "sandbox: {priorityClassName: low}",
                "sandbox: {resources: {requests: {cpu: 6m}}}",
                "sandbox: {affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}}",
                "sandbox: {topologySpreadConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]}",
                "runtimeClassName: other",
                "isolation: Embedded",
                "runAsUser: FromNamespace",
                "imagePullPolicy: Always",
                "imagePullSecrets: [{name: a}]"
            })
    void whatASandboxIsOrMayTakeMakesARevision(String spec) {
        assertThat(hash(spec)).isNotEqualTo(hash(""));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'embedded: {seccompProfile: {type: Unconfined}}'                                          | false",
                "'embedded: {seccompProfile: {localhostProfile: other.json}}'                              | false",
                "'embedded: {seccompProfile: {type: Localhost, localhostProfile: sandpool/embedded.json}}' | true",
                "'embedded: {hostUsers: false}'                                                            | false",
                "'embedded: {hostUsers: true}'                                                             | true",
                "'embedded: {maxRuns: 7, maxAge: 1h}'                                                      | true",
                "'runtimeClassName: gvisor'                                                                | true"
            })
    void whereGvisorIsEmbeddedWhatThePodIsMakesARevisionAndHowLongItServesMakesNone(String spec, boolean same) {
        assertThat(hash("isolation: Embedded, " + spec).equals(hash("isolation: Embedded")))
                .isEqualTo(same);
    }

    @Test
    void aPodWithAnEmbeddedGvisorHasRoomForTheNextSandbox() {
        SandboxRevision revision =
                SandboxRevision.of(Samples.pool("isolation: Embedded, limits: {memory: 256Mi, binary: 32Mi}"));

        assertThat(revision.pod()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getResources()
                        .getLimits())
                .containsEntry("memory", new Quantity("536Mi")); // 472, and 64
    }

    @Test
    void theImageMakesARevision() {
        assertThat(Samples.revision(Samples.pool("other", ""))).isNotEqualTo(hash(""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "workers: 7",
                "warm: {min: 3, max: 9}",
                "queue: {depth: 3}",
                "limits: {startTimeout: 1m}",
                "limits: {queueTimeout: 1m}",
                "replicas: 5",
                "paused: true",
                "runner: {image: other}",
                "runner: {runtimeClassName: ''}",
                "runner: {nodeSelector: {a: x}}",
                "runner: {service: {type: NodePort}}"
            })
    void whatIsTheRunnersBusinessMakesNone(String spec) {
        assertThat(hash(spec)).isEqualTo(hash(""));
    }

    @Test
    void theLimitOfMemoryIsTheProgramsItsFilesAndTheSandboxsOwn() {
        SandboxRevision revision = SandboxRevision.of(Samples.pool("limits: {memory: 256Mi, binary: 32Mi, cpu: 1.5}"));

        Container container = revision.pod().getSpec().getContainers().getFirst();
        assertThat(container.getResources().getLimits())
                .containsEntry("memory", new Quantity("472Mi")) // 256, 32 and 64 for files, 120
                .containsEntry("cpu", new Quantity("1500m"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                                                   | 5m    | 64Mi  | null",
                "cpu: 100m                                            | 100m  | 64Mi  | null",
                "memory: 384Mi                                        | 5m    | 384Mi | null",
                "cpu: '0', memory: 0                                  | 0     | 0     | null",
                "cpu: 1, memory: 0.25Gi, ephemeral-storage: 1e6       | 1     | 256Mi | 977Ki"
            },
            nullValues = "null")
    void aSandboxAsksForWhatThePoolSaysAndElseForLittle(
            String requests, String cpu, String memory, @Nullable String storage) {
        var resources = SandboxRevision.of(Samples.pool("sandbox: {resources: {requests: {%s}}}".formatted(requests)))
                .pod()
                .getSpec()
                .getContainers()
                .getFirst()
                .getResources();

        assertThat(text(resources.getRequests()))
                .containsEntry("cpu", cpu)
                .containsEntry("memory", memory)
                .hasSize(storage == null ? 2 : 3);
        assertThat(text(resources.getRequests()).get("ephemeral-storage")).isEqualTo(storage);
        assertThat(text(resources.getLimits())).containsOnly(entry("cpu", "1"), entry("memory", "384Mi"));
    }

    private static Map<String, String> text(Map<String, Quantity> quantities) {
        return quantities.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, each -> each.getValue().toString()));
    }

    /** The API server refuses such a pool; this is for one whose rules are older. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "limits: {memory: 1e3.5}                               | spec.limits.memory: \"1e3.5\" is not a quantity such as 500m, 2, 64Mi or 1Gi",
                "limits: {cpu: 1e3.5}                                  | spec.limits.cpu: \"1e3.5\" is not a quantity such as 500m, 2, 64Mi or 1Gi",
                "sandbox: {resources: {requests: {memory: 1e3.5}}}     | spec.sandbox.resources.requests.memory: \"1e3.5\" is not a quantity such as 500m, 2, 64Mi or 1Gi",
                "sandbox: {resources: {requests: {cpu: 1001m}}}        | spec.sandbox.resources.requests.cpu: 1001m is more than a sandbox may take, which is 1 by spec.limits",
                "sandbox: {resources: {requests: {memory: 385Mi}}}     | spec.sandbox.resources.requests.memory: 385Mi is more than a sandbox may take, which is 384Mi by spec.limits"
            })
    void aQuantityThatCannotBeIsNamedWithItsField(String spec, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> hash(spec)).withMessage(message);
    }

    @Test
    void theTemplateCarriesTheRevisionAndWhatARunMayTake() {
        var pool = Samples.pool(
                "limits: {memory: 1Gi, pids: 10, binary: 1Mi, files: 3Mi, output: 2Mi, runTimeout: 500ms, cpuTime: 1s}");
        SandboxRevision revision = SandboxRevision.of(pool);

        PodTemplate template = revision.podTemplate(pool);

        assertThat(revision.limits()).isEqualTo(new RunLimits(1 << 30, 10, 1 << 20, 3 << 20, 2 << 20, "500ms", "1s"));
        assertThat(template.getMetadata().getName()).isEqualTo("go-" + revision.hash());
        assertThat(template.getMetadata().getAnnotations())
                .containsEntry(RunLimits.ANNOTATION, Hashes.canonical(revision.limits()));
        assertThat(template.getMetadata().getLabels()).containsEntry(PoolLabels.REVISION, revision.hash());
        assertThat(template.getTemplate().getMetadata().getLabels())
                .containsEntry(PoolLabels.REVISION, revision.hash())
                .containsEntry(PoolLabels.ROLE, PoolLabels.ROLE_SANDBOX);
    }

    /** Else the API server would add them, and a sandbox would differ from its template. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                                                                            | 2",
                "sandbox: {tolerations: [{operator: Exists}]}                                  | 1",
                "sandbox: {tolerations: [{operator: Exists, effect: NoSchedule}]}              | 3",
                "sandbox: {tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists}]} | 2",
                "sandbox: {tolerations: [{key: a, operator: Exists, effect: NoExecute}]}       | 3"
            })
    void theTemplateHasTheTolerationsThatTheApiServerWouldAdd(String spec, int tolerations) {
        assertThat(SandboxRevision.of(Samples.pool(spec)).pod().getSpec().getTolerations())
                .hasSize(tolerations);
    }

    @Test
    void labelsOfThePoolsAuthorDoNotReplaceSandpools() {
        // The API server refuses such a pool; this is for one whose rules are older.
        var pool = Samples.pool("sandbox: {labels: {sandpool.dev/pool: other, sandpool.dev/role: runner, a: x}}");

        assertThat(SandboxRevision.of(pool).pod().getMetadata().getLabels())
                .containsEntry(PoolLabels.POOL, "go")
                .containsEntry(PoolLabels.ROLE, "sandbox")
                .containsEntry("a", "x");
    }

    @Test
    void aDurationThatIsNoneIsRefusedHereAndNotInEachRunner() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> hash("limits: {runTimeout: soon}"))
                .withMessageContaining("\"soon\" is not a duration");
    }

    private static String hash(String spec) {
        return Samples.revision(Samples.pool(spec));
    }
}
