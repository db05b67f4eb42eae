package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** What an embedded gVisor needs of its namespace, its nodes and its image. Each test has a pool of its own. */
@Timeout(600)
@EnabledIfEnvironmentVariable(
        named = TestPool.EMBEDDED_IMAGE,
        matches = ".+",
        disabledReason = "no image with an embedded gVisor was made")
class EmbeddedRequirementsIT {
    @Test
    void withItsSeccompProfileAPoolServesWherePodSecurityIsRestrictedAndAlsoWithUsersOfItsOwn() {
        Assumptions.assumeTrue(
                System.getenv("SANDPOOL_OWN_NODE") != null,
                "nobody has brought the profile onto another cluster's nodes");
        try (TestPool restricted =
                TestPool.embedded(TestPool.NAMESPACE, "embedded-restricted", "workers: 1, warm: {min: 1, max: 1}")) {
            RunnerService there = restricted.service();
            assertThat(restricted.sandboxes())
                    .allSatisfy(pod -> assertThat(pod.getSpec()
                                    .getSecurityContext()
                                    .getSeccompProfile()
                                    .getLocalhostProfile())
                            .isEqualTo("sandpool/embedded.json"));
            assertThat(userIds(restricted)).isEqualTo(List.of("0", "0", "4294967295"));
            assertServes(there);

            String revision = restricted.revision();
            restricted.patch("{\"embedded\": {\"hostUsers\": false}}");
            restricted.awaitRevisionAfter(revision);
            TestPool.patiently()
                    .until(() -> restricted.sandboxes().stream()
                            .allMatch(pod -> Boolean.FALSE.equals(pod.getSpec().getHostUsers())));

            List<String> own = userIds(restricted);
            assertThat(own).startsWith("0").endsWith("65536");
            assertThat(Long.parseLong(own.get(1))).isGreaterThanOrEqualTo(65536);
            assertServes(there);
            assertThat(KubectlPlugin.onCluster("", "doctor", "-n", TestPool.NAMESPACE, restricted.name())
                            .output())
                    .containsPattern("(?m)^ok +hostUsers ");
        }
    }

    private static void assertServes(RunnerService service) {
        for (int i = 0; i < 5; i++) {
            assertThat(service.runWhenReady(Programs.go("hello")).stdout()).isEqualTo("Hello, 世界\n");
        }
        assertThat(service.runWhenReady(Programs.staticC("spy")).stdout())
                .doesNotContain("OPENED", "TRACED", "KILLED", "INHERITED")
                .endsWith("done\n");
    }

    /** The first user ID in the pod of a pool that has one, the user ID of the node that it is, and how many follow. */
    private static List<String> userIds(TestPool pool) {
        String sandbox = pool.sandboxes().getFirst().getMetadata().getName();
        String map = Kubectl.call(("exec -n " + TestPool.NAMESPACE + " " + sandbox
                                + " -- /sandbox/bin/busybox cat /proc/self/uid_map")
                        .split(" "))
                .output();
        return List.of(map.strip().split("\\s+"));
    }

    @Test
    void aProfileThatTheNodeDoesNotHaveIsNamedInThePoolsCondition() {
        try (TestPool without = TestPool.appliedWhereAllIsAllowed(
                "embedded-without",
                "isolation: Embedded, embedded: {seccompProfile: {localhostProfile: sandpool/none-such.json}},"
                        + " workers: 1, warm: {min: 1, max: 1}")) {
            without.awaitReason("SandboxesStartable", "SeccompProfile");
            assertThat(without.condition("SandboxesStartable").getMessage()).contains("sandpool/none-such.json");
        }
    }

    @Test
    void anImageWithoutGvisorIsRefused() {
        try (TestPool without = TestPool.appliedWhereAllIsAllowed(
                "embedded-not",
                "isolation: Embedded, embedded: {seccompProfile: {type: Unconfined}}, workers: 1, warm: {min: 1, max: 1}")) {
            without.awaitReason("SandboxesStartable", "RefusedFact");
            assertThat(without.condition("SandboxesStartable").getMessage()).contains("must be gvisor");
        }
    }
}
