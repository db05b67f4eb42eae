package dev.sandpool.runner.sandbox.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.crds.SandboxPoolSpec.Isolation;
import io.fabric8.kubernetes.api.model.PodTemplate;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SandboxPodTemplateTest {
    @Test
    void aTemplateThatBreaksPromisesIsRefusedWithAllThatIsWrong() {
        PodTemplate bad = FakeCluster.podTemplate("go", "r1");
        bad.getTemplate().getSpec().setRestartPolicy("Always");
        bad.getTemplate().getSpec().getContainers().getFirst().setStdinOnce(false);
        assertThatThrownBy(() -> SandboxPodTemplate.of(bad))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("PodTemplate go-r1: spec.restartPolicy is Always, must be Never; "
                        + "the container's stdinOnce is false, must be true");
        bad.setTemplate(null);
        assertThatThrownBy(() -> SandboxPodTemplate.of(bad)).hasMessageContaining("must have one container");
    }

    @Test
    void onlyWhereGvisorIsEmbeddedMayAPodBeWithoutARuntimeClass() {
        PodTemplate template = FakeCluster.podTemplate("go", "r1");
        assertThatThrownBy(() -> SandboxPodTemplate.of(template, Isolation.Embedded))
                .hasMessage("PodTemplate go-r1: spec.runtimeClassName must not be set where gVisor is embedded");

        template.getTemplate().getSpec().setRuntimeClassName(null);
        assertThat(SandboxPodTemplate.of(template, Isolation.Embedded)
                        .stamp("x", Map.of(), Optional.empty())
                        .getSpec()
                        .getRuntimeClassName())
                .isNull();
        assertThatThrownBy(() -> SandboxPodTemplate.of(template))
                .hasMessage("PodTemplate go-r1: spec.runtimeClassName must be set, to gVisor's class");
    }

    @Test
    void aTemplateWhoseSandboxesWouldBeTooOldBeforeTheyAreWarmIsRefused() {
        PodTemplate brief = FakeCluster.podTemplate("go", "r1");
        brief.getTemplate().getSpec().setActiveDeadlineSeconds(40L);
        var template = SandboxPodTemplate.of(brief);
        assertThat(template.usefulAge(Duration.ofSeconds(5))).contains(Duration.ofSeconds(5));
        template.mustOutlive(Duration.ofSeconds(4), Duration.ofSeconds(5));
        assertThatThrownBy(() -> template.mustOutlive(Duration.ofSeconds(10), Duration.ofSeconds(5)))
                .hasMessageContaining("leaves a sandbox 5 s of use");
    }
}
