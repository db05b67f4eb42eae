package dev.sandpool.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.sandbox.Succession;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that keep their connections, behind something that notices late who is ready. */
@Timeout(60)
class RollingUpdateTest {
    private static final int CLIENTS = 8;
    // Longer than a client may stop, on a machine that does much else, between its look at the service and its request.
    private static final Duration NOTICE = Duration.ofSeconds(5);

    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger served = new AtomicInteger();
    private final AtomicBoolean over = new AtomicBoolean();

    @Test
    void notOneRequestFails() throws Exception {
        var oldSandboxes = new FakeSandboxes(FakeSandboxes.printing("old", 0));
        var newSandboxes = new FakeSandboxes(FakeSandboxes.printing("new", 0));
        try (var next = new RunningServer(newSandboxes, "--workers=4", "--queue-depth=100");
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var service = new AtomicReference<>(next);
            try (var leaving = new RunningServer(oldSandboxes, "--workers=4", "--queue-depth=100")) {
                service.set(leaving);
                for (int i = 0; i < CLIENTS; i++) {
                    threads.execute(() -> load(service));
                }
                await().until(() -> served.get() > 50);
                var drained = threads.submit(() -> {
                    leaving.server.drain(NOTICE, () -> Succession.READY);
                    return null;
                });
                int before = oldSandboxes.runs();
                await().until(() -> oldSandboxes.runs() > before + 20); // nobody has noticed yet
                service.set(next);
                drained.get();
            } finally {
                int atTheSwitch = served.get();
                await().until(() -> served.get() > atTheSwitch + 50 || !failures.isEmpty());
                over.set(true);
            }
        }
        assertThat(failures).isEmpty();
        assertThat(newSandboxes.runs()).isPositive();
    }

    private void load(AtomicReference<RunningServer> service) {
        try (var client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            while (!over.get()) {
                var request = HttpRequest.newBuilder(URI.create(
                                "http://127.0.0.1:" + service.get().server.port() + "/run"))
                        .POST(HttpRequest.BodyPublishers.ofString("program"))
                        .build();
                HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
                if (response.statusCode() != 200) {
                    failures.add(response.statusCode() + " " + response.body());
                }
                served.incrementAndGet();
            }
        } catch (Exception e) {
            failures.add(e.toString());
        }
    }
}
