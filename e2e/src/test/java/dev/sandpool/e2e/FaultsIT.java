package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.Cluster;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** What happens when parts of the whole go away, each while it is in use. */
@Isolated("breaks the pool that others use, and the API server")
class FaultsIT {
    private final RunnerService service = RunnerService.deployed();
    private final Cluster cluster = new Cluster();
    private final byte[] hello = Programs.staticC("hello");

    @BeforeEach
    void begins() {
        cluster.awaitWarm(1);
        // The Service may not know yet that its runner is ready.
        Cluster.patiently().until(() -> service.get("/health").statusCode() == 200);
    }

    @AfterEach
    void ends() {
        cluster.close();
    }

    @Test
    void sandboxesEndWithinFiveSecondsOfTheirRunner() {
        // One that is still starting has no stream yet that could break; the runner's next life finds it. A refill may
        // be held back for a quarter of a second, so it takes a whole one without any to be sure.
        Cluster.patiently()
                .during(Duration.ofSeconds(1))
                .until(() ->
                        cluster.metric("sandpool_sandboxes") == cluster.metric("sandpool_sandboxes{state=\"warm\"}"));
        List<Pod> before = cluster.sandboxes();
        assertThat(before).isNotEmpty();

        Node.killContainer(cluster.runner());

        Awaitility.await()
                .atMost(Duration.ofSeconds(5))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> before.stream().noneMatch(cluster::lives));
        // The runner's next life, in the same pod, deletes what the one before left.
        Cluster.patiently().until(() -> before.stream().noneMatch(cluster::exists));
        // Nobody is behind the Service until the kubelet lets the runner's next life begin.
        Cluster.patiently().until(() -> service.run(hello).stdout().equals("hello\n"));
    }

    @Test
    void aWarmSandboxDeletedBehindTheRunnersBackIsReplacedAndFailsNoRun() {
        List<Pod> before = cluster.sandboxes();
        before.forEach(pod -> cluster.client().resource(pod).delete());
        Cluster.patiently().until(() -> before.stream().noneMatch(cluster::exists)); // as kubectl delete does

        for (int i = 0; i < 5; i++) {
            assertThat(service.run(hello).stdout()).isEqualTo("hello\n");
        }
        assertThat(cluster.sandboxes())
                .extracting(pod -> pod.getMetadata().getUid())
                .doesNotContainAnyElementsOf(
                        before.stream().map(pod -> pod.getMetadata().getUid()).toList());
    }

    @Test
    void anApiServerThatRestartsSpoilsNoAnswer() throws Exception {
        List<Answer> answers = new ArrayList<>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<Answer>>> both = new ArrayList<>();
            for (int caller = 0; caller < 2; caller++) {
                both.add(callers.submit(() -> runs(25)));
            }
            Node.restart("kube-apiserver");
            for (Future<List<Answer>> one : both) {
                answers.addAll(one.get());
            }
        }

        assertThat(answers).allSatisfy(answer -> {
            if (answer.status() == 200) {
                assertThat(answer.stdout()).isEqualTo("hello\n");
                assertThat(answer.exitCode()).isZero();
            } else {
                assertThat(answer.status()).isBetween(500, 503);
            }
        });
        assertThat(answers).anyMatch(answer -> answer.status() == 200);
        Cluster.patiently().until(() -> service.run(hello).stdout().equals("hello\n"));
    }

    private List<Answer> runs(int count) {
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            try {
                answers.add(service.run(hello));
            } catch (UncheckedIOException e) {
                // A runner that cannot make sandboxes is not ready, and then nobody is behind the Service.
                assertThat(e).hasCauseInstanceOf(ConnectException.class);
            }
        }
        return answers;
    }

    @Test
    void stalledUploadsDoNotStopTheOthers() throws IOException {
        List<Socket> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                stalled.add(upload(2 << 20, Arrays.copyOf(Programs.padded(hello, 2 << 20), 70 << 10)));
            }
            assertThat(service.runWhenReady(hello).stdout()).isEqualTo("hello\n");
        } finally {
            for (Socket socket : stalled) {
                socket.close();
            }
        }
    }

    @Test
    void streamsThatNobodyReadGiveTheirSlotsBack() throws IOException {
        byte[] flood = Programs.staticC("flood");
        List<Socket> deaf = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                deaf.add(post("/v1/runs", "Accept: application/x-ndjson\r\n", flood.length, flood));
            }
            Cluster.patiently().until(() -> cluster.metric("sandpool_sandboxes{state=\"running\"}") > 0);
            assertThat(service.runWhenReady(hello).stdout()).isEqualTo("hello\n");
            Cluster.patiently().until(() -> cluster.metric("sandpool_sandboxes{state=\"running\"}") == 0);
        } finally {
            for (Socket socket : deaf) {
                socket.close();
            }
        }
    }

    @Test
    void aClientThatLeavesTakesItsSandboxWithIt() throws IOException {
        double before = cluster.metric("sandpool_runs_total{outcome=\"client_gone\"}");
        byte[] hang = Programs.staticC("hang");
        try (Socket leaving = upload(hang.length, hang)) {
            Cluster.patiently().until(() -> cluster.metric("sandpool_sandboxes{state=\"running\"}") == 1);
            leaving.shutdownOutput();

            Cluster.patiently()
                    .until(() -> cluster.metric("sandpool_runs_total{outcome=\"client_gone\"}") == before + 1);
        }
        Cluster.patiently().until(() -> cluster.metric("sandpool_sandboxes{state=\"running\"}") == 0);
    }

    @Test
    void aRunnerThatIsAskedToStopFinishesItsRunsAndDeletesItsSandboxes() throws Exception {
        List<Pod> before = cluster.sandboxes();
        Pod runner = cluster.runner();
        try (ExecutorService caller = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Answer> inFlight = caller.submit(() -> service.run(Programs.staticC("hang")));
            Cluster.patiently().until(() -> cluster.metric("sandpool_sandboxes{state=\"running\"}") == 1);
            cluster.client().resource(runner).delete();

            Answer answer = answerOf(inFlight);
            assertThat(answer.isTimedOut()).as("%s", answer).isTrue();
        }
        Cluster.patiently().until(() -> !cluster.exists(runner));
        Cluster.patiently().until(() -> before.stream().noneMatch(cluster::exists));
        Cluster.patiently().until(() -> service.run(hello).status() == 200);
    }

    private static Answer answerOf(Future<Answer> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new AssertionError("the run in flight got no answer", e);
        }
    }

    /** Sends a request that promises a body of a length, and so much of it; the rest never comes. */
    private Socket upload(int length, byte[] sent) throws IOException {
        return post("/run", "", length, sent);
    }

    private Socket post(String path, String headers, int length, byte[] sent) throws IOException {
        URI base = service.base();
        Socket socket = new Socket(base.getHost(), base.getPort() < 0 ? 80 : base.getPort());
        OutputStream out = socket.getOutputStream();
        String head = "POST " + path + " HTTP/1.1\r\nHost: " + base.getHost() + "\r\n" + headers + "Content-Length: "
                + length + "\r\n\r\n";
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        out.write(sent);
        out.flush();
        return socket;
    }
}
