package dev.sandpool.runner.sandbox.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.crds.EmbeddedSpec;
import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.RunCounts;
import dev.sandpool.crds.SandboxPoolSpec.Isolation;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RecordedOutput;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.pool.ClaimedSandbox;
import dev.sandpool.runner.sandbox.pool.WarmPool;
import dev.sandpool.runner.sandbox.session.FakeContained;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.mockwebserver.http.MockResponse;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A runner as the servant of its pool, against an API server in this process. */
@Order(1)
@Timeout(60)
class KubernetesPoolTest {
    private static final String SETTINGS = """
            {"revision": "%s", "workers": 2, "warmMin": 1, "warmMax": %d, "queueDepth": 4,
             "startTimeout": "10s", "queueTimeout": "5s"}
            """;

    private final FakeCluster cluster = new FakeCluster();
    private final RunnerIdentity runner =
            new RunnerIdentity("go", FakeCluster.NAMESPACE, "go-runner-0", Optional.of("runner-uid"), "life1");
    private final KubernetesPool owner = new KubernetesPool(runner, cluster.client());
    private final WarmPool pool = new WarmPool(owner.sandboxes(), new SimpleMeterRegistry());

    @AfterEach
    void close() {
        cluster.fault = request -> null;
        pool.close();
        owner.close();
        cluster.close();
    }

    private void begin() {
        owner.follow(pool::apply);
        pool.open();
    }

    private void awaitWarm(Map<String, Integer> warmOf) {
        await().untilAsserted(() -> assertThat(pool.state().warmOf()).isEqualTo(warmOf));
    }

    private Map<String, Long> podsByRevision() {
        return cluster.pods().stream()
                .collect(Collectors.groupingBy(KubernetesPoolTest::revision, Collectors.counting()));
    }

    private static String revision(Pod pod) {
        return pod.getMetadata().getLabels().getOrDefault(PoolLabels.REVISION, "none");
    }

    @Test
    void aChangeOfTheConfigMapChangesThePool() {
        begin();
        await().untilAsserted(() -> assertThat(owner.waitingFor())
                .hasValueSatisfying(why -> assertThat(why).startsWith("no settings yet: ConfigMap go-runner")));
        cluster.add(FakeCluster.podTemplate("go", "r1"));
        cluster.settings("go", SETTINGS.formatted("r1", 2));
        awaitWarm(Map.of("r1", 2));
        assertThat(owner.waitingFor()).isEmpty();
        assertThat(pool.limits().orElseThrow().binaryBytes()).isEqualTo(300_000);

        cluster.settings("go", SETTINGS.formatted("r1", 1));
        awaitWarm(Map.of("r1", 1));

        cluster.add(FakeCluster.podTemplate("go", "r2"));
        cluster.settings("go", SETTINGS.formatted("r2", 1));
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(podsByRevision()).isEqualTo(Map.of("r2", 1L)));
        assertThat(pool.state().revision()).contains("r2");
    }

    @Test
    void whatCannotBeUsedLeavesWhatIsInForce() {
        List<String> patches = new CopyOnWriteArrayList<>();
        cluster.fault = request -> {
            if (request.getPath().contains("/sandboxpools/")) {
                patches.add(request.getMethod() + " " + request.getPath() + " " + request.getHeader("Content-Type")
                        + " " + request.getUtf8Body());
                return new MockResponse().setResponseCode(200).setBody("{}");
            }
            return null;
        };
        cluster.add(FakeCluster.podTemplate("go", "r1"));
        cluster.settings("go", SETTINGS.formatted("r1", 1));
        begin();
        owner.report(pool::state, () -> new LoadReport(0, new RunCounts(3, 2, 1)));
        awaitWarm(Map.of("r1", 1));

        cluster.settings("go", "{ not json");
        await().untilAsserted(() -> assertThat(patches).anyMatch(patch -> patch.contains("is not the JSON of")));
        cluster.settings("go", SETTINGS.formatted("r1", 0));
        await().untilAsserted(() ->
                assertThat(patches).anyMatch(patch -> patch.contains("warmMax 0 must be at least warmMin 1")));
        cluster.settings("go", SETTINGS.formatted("r2", 2));
        await().untilAsserted(() -> assertThat(patches.getLast())
                .startsWith("PATCH /apis/sandpool.dev/v1alpha1/namespaces/sandpool/sandboxpools/go/status?")
                .contains(
                        "force=true",
                        "fieldManager=sandpool-runner-go-runner-0",
                        " application/apply-patch+yaml",
                        "\"kind\":\"SandboxPool\"",
                        "\"runs\":{\"total\":3,\"failed\":2,\"timedOut\":1}",
                        "\"revision\":\"r1\"",
                        "\"target\":\"r2\"",
                        "\"reason\":\"Forbidden\"",
                        "PodTemplate of revision r2: it is not there")
                .doesNotContain("conditions", "spec"));
        assertThat(pool.state().warmOf()).isEqualTo(Map.of("r1", 1));

        cluster.add(FakeCluster.podTemplate("go", "r2"));

        await().untilAsserted(() -> assertThat(pool.state().target()).contains("r2"));
        await().untilAsserted(() -> assertThat(patches.getLast()).doesNotContain("startFailure"));
    }

    @Test
    void aPodWithAnEmbeddedGvisorServesOneCallerAfterTheOtherAndGivesWayToARevisionWithout() throws Exception {
        cluster.contained = c -> {
            c.greet(FakeContained.EMBEDDED);
            for (int served = 1; served < 100; served++) {
                c.receiveProgram();
                c.started();
                c.exit(ExitOutcome.EXITED, 0, 0, "");
                c.nextGreets(served);
            }
        };
        cluster.add(FakeCluster.embeddedPodTemplate("go", "r1"));
        String one = SETTINGS.formatted("r1", 1).replace("\"workers\": 2", "\"workers\": 1");
        cluster.settings("go", one);
        begin();
        awaitWarm(Map.of("r1", 1));
        String pod = cluster.pods().getFirst().getMetadata().getName();

        int runs = 0;
        for (String caller : List.of("ann", "bob", "ann")) {
            try (ClaimedSandbox sandbox = pool.claim(caller, Duration.ofSeconds(5))) {
                assertThat(sandbox.name()).isEqualTo(pod);
                assertThat(sandbox.run()).isEqualTo(++runs);
                var request = new ProgramRequest(List.of(), InputStream.nullInputStream());
                assertThat(sandbox.run(request, new RecordedOutput(), () -> {})).isInstanceOf(RunResult.Exited.class);
            }
        }
        assertThat(cluster.requests)
                .filteredOn(request -> request.matches("POST .*/pods"))
                .hasSize(1);

        cluster.contained = c -> {
            c.greet();
            c.fallSilent();
        };
        cluster.add(FakeCluster.podTemplate("go", "r2"));
        cluster.settings("go", one.replace("r1", "r2"));
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(podsByRevision()).isEqualTo(Map.of("r2", 1L)));
    }

    @Test
    void aPodTemplateOfAnUnknownIsolationIsNotUsed() {
        var template = FakeCluster.embeddedPodTemplate("go", "r1");
        template.getMetadata().getAnnotations().put(Isolation.ANNOTATION, "Hoped");
        cluster.add(template);
        cluster.settings("go", SETTINGS.formatted("r1", 1));
        begin();
        await().untilAsserted(() -> assertThat(owner.waitingFor())
                .hasValueSatisfying(why -> assertThat(why)
                        .contains("PodTemplate go-r1, annotation sandpool.dev/isolation: \"Hoped\" must be one of"
                                + " [RuntimeClass, Embedded]")));
    }

    @Test
    void aPodTemplateThatLostItsHostUsersOnTheWayIsNotUsedUntilItHasThemAgain() {
        cluster.contained = c -> {
            c.greet(FakeContained.EMBEDDED);
            c.fallSilent();
        };
        var template = FakeCluster.embeddedPodTemplate("go", "r1");
        template.getMetadata().getAnnotations().put(EmbeddedSpec.HOST_USERS_ANNOTATION, "false");
        cluster.add(template);
        cluster.settings("go", SETTINGS.formatted("r1", 1));
        begin();
        String lost = "PodTemplate go-r1 has lost spec.hostUsers: false in the API server: it needs Kubernetes 1.33";
        await().untilAsserted(() -> assertThat(owner.waitingFor())
                .hasValueSatisfying(why -> assertThat(why).contains(lost)));

        template.getTemplate().getSpec().setHostUsers(false);
        cluster.replace(template);
        cluster.settings("go", SETTINGS.formatted("r1", 2));
        awaitWarm(Map.of("r1", 2));
        assertThat(cluster.pods())
                .allSatisfy(pod -> assertThat(pod.getSpec().getHostUsers()).isFalse());
    }

    /** So it is until the PodTemplate of the next revision is there. */
    @Test
    void settingsOfTheNextRevisionComeWithTheOneBefore() {
        cluster.contained = c -> {
            c.greet(FakeContained.EMBEDDED);
            c.fallSilent();
        };
        cluster.add(FakeCluster.embeddedPodTemplate("go", "r1"));
        cluster.settings(
                "go",
                SETTINGS.formatted("r1", 1)
                        .replace("\"workers\"", "\"embedded\": {\"hostUsers\": false}, \"workers\""));
        begin();

        awaitWarm(Map.of("r1", 1));
        assertThat(owner.waitingFor()).isEmpty();
    }

    private static String settings(String revision, String stable) {
        return SETTINGS.formatted(revision, 1)
                .replace("\"workers\"", "\"stableRevision\": \"" + stable + "\", \"workers\"");
    }

    @Test
    void aStableRevisionThatIsGoneIsNoObstacle() {
        cluster.add(FakeCluster.podTemplate("go", "r2"));
        cluster.settings("go", settings("r2", "r1"));
        begin();
        awaitWarm(Map.of("r2", 1));
    }

    @Test
    void aRunnerBeginsWithTheStableRevisionThoughTheWantedOneCannotBeRead() {
        cluster.add(FakeCluster.podTemplate("go", "r1"));
        cluster.settings("go", settings("r2", "r1"));
        begin();
        awaitWarm(Map.of("r1", 1));
        assertThat(owner.waitingFor()).isEmpty();

        cluster.add(FakeCluster.podTemplate("go", "r2"));

        await().untilAsserted(() -> assertThat(pool.state().target()).contains("r2"));
        assertThat(pool.state().revision()).contains("r1");
    }
}
