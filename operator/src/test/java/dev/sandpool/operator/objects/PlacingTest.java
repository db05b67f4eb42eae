package dev.sandpool.operator.objects;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.SandboxPool;
import dev.sandpool.operator.Samples;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In a cluster of several architectures. */
class PlacingTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nodeSelector: {a: b}",
                "affinity: {}",
                "affinity: {nodeAffinity: {}}",
                "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
                        + " {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}}",
                "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference:"
                        + " {matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [arm64]}]}}]}}"
            })
    void podsAreWhereTheirImagesRun(String placing) {
        assertThat(sandbox(placing).getNodeSelector()).containsEntry("kubernetes.io/arch", "amd64");
        assertThat(runner(placing).getNodeSelector()).containsEntry("kubernetes.io/arch", "amd64");
    }

    @ParameterizedTest
    @ValueSource(strings = {"arm64", ""})
    void anotherValueWins(String value) {
        String placing = "nodeSelector: {a: b, kubernetes.io/arch: '%s'}".formatted(value);

        assertThat(sandbox(placing).getNodeSelector()).isEqualTo(Map.of("a", "b", "kubernetes.io/arch", value));
        assertThat(runner(placing).getNodeSelector()).isEqualTo(Map.of("a", "b", "kubernetes.io/arch", value));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [amd64, arm64]}]}",
                "{matchExpressions: [{key: a, operator: Exists}]}, {matchExpressions: [{key: kubernetes.io/arch, operator: Exists}]}"
            })
    void whatAffinityRequiresIsAll(String terms) {
        String placing = "nodeSelector: {a: b}, affinity: {nodeAffinity:"
                + " {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [" + terms + "]}}}";

        assertThat(sandbox(placing).getNodeSelector()).isEqualTo(Map.of("a", "b"));
        assertThat(runner(placing).getNodeSelector()).isEqualTo(Map.of("a", "b"));
        assertThat(sandbox(placing).getAffinity())
                .isEqualTo(runner(placing).getAffinity())
                .isNotNull();
    }

    private static PodSpec sandbox(String placing) {
        return SandboxRevision.of(Samples.pool("sandbox: {" + placing + "}"))
                .pod()
                .getSpec();
    }

    private static PodSpec runner(String placing) {
        SandboxPool pool = Samples.pool("runner: {" + placing + "}");
        return Runners.deployment(pool, "registry.example/runner:1", "uid-of-the-account")
                .getSpec()
                .getTemplate()
                .getSpec();
    }
}
