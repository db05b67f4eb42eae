package dev.sandpool.runner.http;

import static dev.sandpool.runner.FakeSandboxes.EXIT_0;
import static dev.sandpool.runner.RawClient.head;
import static dev.sandpool.runner.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.OverloadTest;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A client that goes away ends its run, wherever that is. */
class ClientGoneTest {
    private final CountDownLatch running = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final FakeSandboxes sandboxes = new FakeSandboxes((request, output, sandbox) -> {
        sandbox.receive(request);
        running.countDown();
        sandbox.awaitClose();
        ended.countDown();
        return sandbox.hang();
    });
    private final RunningServer server = new RunningServer(sandboxes, "--workers=1");

    enum Leaving {
        CLOSE,
        RESET,
        HALF_CLOSE;

        void leave(RawClient client) throws IOException {
            switch (this) {
                case CLOSE -> client.close();
                case RESET -> client.reset();
                case HALF_CLOSE -> client.halfClose();
            }
        }
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @EnumSource
    void whileTheProgramRuns(Leaving leaving) throws Exception {
        try (var client = server.connect()) {
            client.send(post("program"));
            running.await();

            leaving.leave(client);

            ended.await();
            awaitOutcome("client_gone");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whileItIsInTheQueue(Leaving leaving) throws Exception {
        try (var first = server.connect();
                var client = server.connect()) {
            first.send(post("program"));
            running.await();
            client.send(post("x".repeat(2_000_000)));
            await().until(() -> OverloadTest.queueDepth(server) == 1);

            leaving.leave(client);

            await().until(() -> OverloadTest.queueDepth(server) == 0);
            awaitOutcome("client_gone");
            assertThat(sandboxes.runs()).isEqualTo(1);
        }
    }

    @Test
    void whileItWaitsForASandbox() throws Exception {
        await().until(() -> server.registry
                        .get("sandpool.sandboxes")
                        .tag("state", "warm")
                        .gauge()
                        .value()
                == 1);
        var sandbox = new CountDownLatch(1);
        sandboxes.startIs(sandbox::await); // the next one
        try (var first = server.connect()) {
            first.send(post("program")); // takes the one that is warm already
            running.await();
            first.reset();
            ended.await();
        }
        try (var client = server.connect()) {
            client.send(post("program"));
            await().until(() ->
                    server.registry.get("sandpool.slots.taken").gauge().value() == 1);

            Leaving.CLOSE.leave(client);

            await().until(() ->
                    server.registry.get("sandpool.slots.taken").gauge().value() == 0);
            awaitOutcome("client_gone", 2);
        }
        sandbox.countDown();
        assertThat(sandboxes.runs()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void whileItUploads(Leaving leaving) throws Exception {
        try (var client = server.connect()) {
            client.send(head(1_000_000)).send(new byte[200_000]);
            await().until(() -> sandboxes.runs() == 1);

            leaving.leave(client);

            awaitOutcome("client_gone");
        }
        assertThat(running.getCount()).isEqualTo(1);
    }

    @Test
    void aConnectionThatIsKeptDoesNotMixUpItsRuns() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            return EXIT_0;
        });
        try (var client = server.connect()) {
            for (int i = 0; i < 50; i++) {
                assertThat(client.ask(post("x".repeat(i * 1000))).status()).isEqualTo(200);
            }
        }
        assertThat(sandboxes.runs()).isEqualTo(50);
    }

    private void awaitOutcome(String outcome) {
        awaitOutcome(outcome, 1);
    }

    private void awaitOutcome(String outcome, int count) {
        await().untilAsserted(() -> assertThat(server.registry
                        .get("sandpool.runs")
                        .tag("outcome", outcome)
                        .counter()
                        .count())
                .isEqualTo(count));
    }
}
