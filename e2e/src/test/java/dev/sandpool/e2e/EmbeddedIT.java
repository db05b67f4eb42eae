package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** A pool whose pods have gVisor in their image: they run on the cluster's default runtime, and each run has a new sandbox in one of them. */
@Order(1)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(600)
@EnabledIfEnvironmentVariable(
        named = TestPool.EMBEDDED_IMAGE,
        matches = ".+",
        disabledReason = "no image with an embedded gVisor was made")
class EmbeddedIT {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String MANY_RUNS = "{\"embedded\": {\"maxRuns\": 10000, \"maxAge\": \"12h\"}}";

    private static final byte[] LEAVES_TRACES = Programs.script("""
            #!/bin/sh
            if [ -e left ] || [ -e /tmp/left ] || [ -e /dev/shm/left ]; then echo found; else echo fresh; fi
            for folder in . /tmp /dev/shm; do (echo x >$folder/left) 2>/dev/null; done
            processes=0
            for process in /proc/[0-9]*; do processes=$((processes + 1)); done
            echo processes $processes
            sleep 600 &
            """);
    /** Of a run that finds nothing of another: process 1 of its namespace, and the shell. */
    private static final String NOTHING_LEFT = "fresh\nprocesses 2\n";

    private static TestPool pool;
    private static RunnerService service;

    @BeforeAll
    static void make() {
        pool = TestPool.embedded(
                TestPool.LENIENT_NAMESPACE,
                "embedded",
                "embedded: {seccompProfile: {type: Unconfined}, maxRuns: 10000, maxAge: 12h}, workers: 2,"
                        + " warm: {min: 2, max: 2}, callers: {header: X-Caller},"
                        // Beside another test, programs and new pods need longer than usual.
                        + " limits: {runTimeout: 10s, queueTimeout: 45s}, " + TestPool.DEFAULT_RUNNER);
        service = pool.service();
    }

    @AfterAll
    static void end() {
        if (pool != null) { // it could not be made
            pool.close();
        }
    }

    @BeforeEach
    void begins() {
        awaitWarm(2);
    }

    /** What {@code /v1/runs} tells of a run. */
    private record Run(String stdout, String pod, String revision, int number) {}

    private static Run run(String caller, byte[] program) {
        HttpResponse<byte[]> response =
                service.send(HttpRequest.newBuilder(service.base().resolve("/v1/runs"))
                        .header("X-Caller", caller)
                        .POST(BodyPublishers.ofByteArray(program))
                        .build());
        try {
            JsonNode json = JSON.readTree(response.body());
            assertThat(response.statusCode()).as(json.toString()).isEqualTo(200);
            JsonNode sandbox = json.path("sandbox");
            return new Run(
                    json.at("/stdout/text").asText(),
                    sandbox.path("name").asText(),
                    sandbox.path("revision").asText(),
                    sandbox.path("run").asInt());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> pods() {
        return pool.sandboxes().stream()
                .map((Pod pod) -> pod.getMetadata().getName())
                .collect(Collectors.toSet());
    }

    /** All that there are to be are warm, and no other pod is there. */
    private static void awaitWarm(int pods) {
        TestPool.patiently().until(() -> pool.warm() == pods && pods().size() == pods);
    }

    @Test
    @Order(1)
    void theKernelIsGvisorsThoughTheNodeHasNoPartInIt() {
        assertThat(pool.sandboxes()).allSatisfy(pod -> {
            assertThat(pod.getSpec().getRuntimeClassName()).isNull();
            assertThat(pod.getSpec().getSecurityContext().getSeccompProfile().getType())
                    .isEqualTo("Unconfined");
        });
        assertThat(service.runWhenReady(Programs.script("#!/bin/sh\ncat /proc/version\n"))
                        .stdout())
                .contains("gvisor");
        // A runner takes no sandbox but one that says it is an embedded one: these are warm.
        assertThat(pool.status().runners())
                .singleElement()
                .satisfies(runner -> assertThat(runner.startFailure()).isNull());
        assertThat(Kubectl.call("get", "sbp", pool.name(), "-n", TestPool.LENIENT_NAMESPACE, "-o", "wide")
                        .output())
                .contains("ISOLATION", "Embedded");
    }

    @Test
    @Order(2)
    void onePodServesManyRunsOfAnyCallersEachInANewSandbox() {
        Set<String> before = pods();
        List<Run> runs = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            Run run = run("caller-" + i % 3, LEAVES_TRACES);
            assertThat(run.stdout()).isEqualTo(NOTHING_LEFT);
            runs.add(run);
        }
        assertThat(runs).extracting(Run::revision).containsOnly(pool.revision());
        assertThat(runs).extracting(Run::pod).isSubsetOf(before);
        assertThat(runs).filteredOn(run -> run.number() >= 10).isNotEmpty();
        awaitWarm(2);
        assertThat(pods()).isEqualTo(before);
    }

    @Test
    @Order(3)
    void twoAtATimeUseTwoPodsAndNoMore() throws Exception {
        Set<String> before = pods();
        Set<String> used = new HashSet<>();
        try (ExecutorService callers = Executors.newFixedThreadPool(2)) {
            List<Future<Run>> runs = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                String caller = "caller-" + i % 4;
                runs.add(callers.submit(() -> run(caller, LEAVES_TRACES)));
            }
            for (Future<Run> each : runs) {
                assertThat(each.get().stdout()).isEqualTo(NOTHING_LEFT);
                used.add(each.get().pod());
            }
        }
        assertThat(used).isEqualTo(before);
        awaitWarm(2);
        assertThat(pods()).isEqualTo(before);
    }

    @Test
    @Order(4)
    void programsOfEveryKindRun() {
        Answer hello = service.runWhenReady(Programs.go("hello"), "an argument");
        assertThat(hello.stdout()).isEqualTo("Hello, 世界\n");
        assertThat(hello.stderr()).isEqualTo("an argument\n");
        assertThat(service.runWhenReady(Programs.dynamicC("hello")).stdout()).isEqualTo("hello\n");
        assertThat(service.runWhenReady(Programs.staticC("exit"), "-11").exitCode())
                .isEqualTo(255);
        assertThat(service.runWhenReady(Programs.staticC("flood"), "20").stdout())
                .hasSize(20 << 20)
                .matches("y*");
    }

    @Test
    @Order(4)
    void theDoctorLooksAtWhatAnEmbeddedGvisorNeeds() {
        KubectlPlugin.Said said = KubectlPlugin.onCluster("", "doctor", "-n", TestPool.LENIENT_NAMESPACE, pool.name());

        assertThat(said.exitCode()).as(said.output() + said.errors()).isZero();
        assertThat(said.output())
                .containsPattern("(?m)^ok +seccomp profile +embedded wants none ")
                .containsPattern("(?m)^ok +user namespaces +sandboxes of embedded start")
                .containsPattern("(?m)^ok +gVisor +Linux version .*gvisor")
                .doesNotContain("RuntimeClass");
    }

    @Test
    @Order(5)
    void neitherTheSupervisorNorTheOtherSandboxCanBeSeenReadTracedKilledOrReached() {
        Answer spy = service.runWhenReady(Programs.staticC("spy"));
        assertThat(spy.stdout())
                .doesNotContain("OPENED", "TRACED", "KILLED", "INHERITED", "runsc")
                .contains("others 1\n")
                .endsWith("done\n");
        Answer network = service.runWhenReady(
                Programs.staticC("network"),
                "10.96.0.1",
                "443",
                "10.99.0.2",
                "6443",
                "10.99.0.2",
                "10250",
                "169.254.169.254",
                "80",
                "127.0.0.1",
                "80");
        // Its own loopback interface refuses, which is an answer.
        assertThat(network.stdout().lines())
                .hasSize(5)
                .noneMatch(line -> line.contains("REACHED") && !line.startsWith("127.0.0.1"));
        Answer around = service.runWhenReady(Programs.script("""
                #!/bin/sh
                for path in /run/secrets /var/run/secrets; do
                  [ ! -e $path ] || echo "sees $path"
                done
                ( : >/sandpool-probe ) 2>/dev/null && echo writable
                echo done
                """));
        assertThat(around.stdout()).isEqualTo("done\n");
    }

    @Test
    @Order(6)
    void hostileProgramsEndAsTheyDoInAPodOfTheirOwnAndTheNextRunIsFine() {
        Answer hang = service.runWhenReady(Programs.staticC("hang"));
        assertThat(hang.isTimedOut()).as("%s", hang).isTrue();

        Answer flood = service.runWhenReady(Programs.staticC("flood"));
        assertThat(flood.error().equals("Output too large") || flood.isTimedOut())
                .as("%s", flood)
                .isTrue();

        Answer killed = service.runWhenReady(Programs.staticC("killinit"));
        assertThat(killed.stdout()).startsWith("before\n");

        Answer bomb = service.runWhenReady(Programs.staticC("forkbomb"));
        assertThat(bomb.status()).isEqualTo(200);

        for (int i = 0; i < 4; i++) {
            assertThat(service.runWhenReady(Programs.staticC("hello")).stdout()).isEqualTo("hello\n");
        }
    }

    @Test
    @Order(7)
    void memoryIsBoundedForEachRunThoughTwoSandboxesShareAPod() {
        Answer modest = service.runWhenReady(Programs.staticC("hog"), "80");
        assertThat(modest.stdout()).isEqualTo("held 80 MiB\n");
        for (int i = 0; i < 3; i++) {
            Answer hog = service.runWhenReady(Programs.staticC("hog"), "4000");
            assertThat(hog.exitCode()).as("%s", hog).isEqualTo(137);
        }
        assertThat(service.runWhenReady(Programs.staticC("hog"), "80").stdout()).isEqualTo("held 80 MiB\n");
    }

    @Test
    @Order(8)
    void aPodIsReplacedWhenItHasServedAsOftenAsItMay() {
        Set<String> before = pods();
        String revision = pool.revision();
        pool.patch("{\"embedded\": {\"maxRuns\": 3}}");
        try {
            pool.awaitObserved();
            TestPool.patiently().until(() -> {
                run("caller", LEAVES_TRACES);
                return pods().stream().noneMatch(before::contains);
            });
            assertThat(pool.revision()).isEqualTo(revision);
            Set<String> used = new HashSet<>();
            for (int i = 0; i < 12; i++) {
                Run run = run("caller", LEAVES_TRACES);
                assertThat(run.number()).isBetween(1, 3);
                used.add(run.pod());
            }
            assertThat(used).hasSizeGreaterThanOrEqualTo(4);
        } finally {
            pool.patch(MANY_RUNS);
            pool.awaitObserved();
        }
    }

    @Test
    @Order(9)
    void aPodIsReplacedWhenItIsOldWithoutAFailedRun() {
        Set<String> before = pods();
        pool.patch("{\"embedded\": {\"maxAge\": \"1s\"}}");
        try (Load load = new Load(service, 1)) {
            TestPool.patiently().until(() -> pods().stream().noneMatch(before::contains));
            assertThat(load.bad()).isEmpty();
        } finally {
            pool.patch(MANY_RUNS);
            pool.awaitObserved();
        }
    }

    @Test
    @Order(10)
    void aPodThatIsDeletedTakesItsRunWithItAndNoOther() throws Exception {
        try (ExecutorService caller = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Answer> lost = caller.submit(() -> service.run(Programs.staticC("hang")));
            TestPool.patiently()
                    .until(() -> pool.status().runners().stream().anyMatch(runner -> runner.running() == 1));
            pool.sandboxes()
                    .forEach(pod ->
                            pool.client().resource(pod).withGracePeriod(0).delete());
            // Lost, or its time was up before anybody noticed.
            Answer answer = lost.get();
            assertThat(answer.status() == 500 || answer.isTimedOut())
                    .as("%s", answer)
                    .isTrue();
        }
        assertThat(service.runWhenReady(Programs.staticC("hello")).stdout()).isEqualTo("hello\n");
    }

    @Test
    @Order(11)
    void aSupervisorThatIsKilledIsReplaced() {
        List<Pod> before = pool.sandboxes();
        before.forEach(Node::killContainer);
        TestPool.patiently()
                .until(() -> pods().stream()
                        .noneMatch(name -> before.stream()
                                .anyMatch(pod -> pod.getMetadata().getName().equals(name))));
        assertThat(service.runWhenReady(Programs.staticC("hello")).stdout()).isEqualTo("hello\n");
    }

    @Test
    @Order(12)
    void podsEndWithTheirRunnerAndItsNextLifeServes() {
        Set<String> before = pods();
        Node.killContainer(pool.runners().getFirst());
        TestPool.patiently().until(() -> pods().stream().noneMatch(before::contains));
        TestPool.patiently()
                .until(() -> service.run(Programs.staticC("hello")).stdout().equals("hello\n"));
    }

    @Test
    @Order(13)
    void aProgramOfTheFullSizeRuns() {
        patient();
        Answer answer = service.runWhenReady(Programs.padded(Programs.staticC("selfread"), 100 << 20));
        assertThat(answer.stdout()).as("%s", answer).isEqualTo((100 << 20) + " bytes, sum ok\n");
    }

    /** From here on, runs have the time of {@link Load#NO_HURRY}: beside another test, 100 MiB took ten seconds. */
    private static void patient() {
        pool.patch("{\"limits\": {\"runTimeout\": \"30s\", \"queueTimeout\": \"45s\"}}");
        pool.awaitObserved();
        pool.awaitRevisionAfter("");
    }

    @Test
    @Order(14)
    void aPoolChangesItsIsolationAndBackWithoutAFailedRun() {
        patient();
        String embedded = pool.revision();
        String image = pool.now().getSpec().image();
        try (Load load = new Load(service, 1)) {
            pool.patch("{\"isolation\": \"RuntimeClass\", \"embedded\": null, \"image\": \"" + TestPool.deployedImage()
                    + "\"}");
            pool.awaitRevisionAfter(embedded);
            int good = load.good();
            TestPool.patiently().until(() -> load.good() > good + 5);
            assertThat(load.bad()).isEmpty();
        }
        String single = pool.revision();
        assertThat(pool.sandboxes())
                .allSatisfy(
                        pod -> assertThat(pod.getSpec().getRuntimeClassName()).isEqualTo("gvisor"));
        try (Load load = new Load(service, 1)) {
            pool.patch("{\"isolation\": \"Embedded\", \"image\": \"" + image
                    + "\", \"embedded\": {\"seccompProfile\": {\"type\": \"Unconfined\"}}}");
            pool.awaitRevisionAfter(single);
            assertThat(load.bad()).isEmpty();
        }
        assertThat(pool.revision()).isEqualTo(embedded);
        pool.patch(MANY_RUNS);
        pool.awaitObserved();
    }
}
