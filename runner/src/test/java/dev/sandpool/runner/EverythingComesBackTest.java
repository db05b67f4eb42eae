package dev.sandpool.runner;

import static dev.sandpool.runner.RawClient.head;
import static dev.sandpool.runner.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.sandbox.StandardStream;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Whatever clients do, in whatever mixture: slots, sandboxes and memory come back, and the next request is answered. */
class EverythingComesBackTest {
    private static final int CLIENTS = 300;
    private static final int WARM = 3;

    private final FakeSandboxes sandboxes = new FakeSandboxes((request, output, sandbox) -> {
        long size = sandbox.receive(request);
        output.write(StandardStream.STDOUT, new byte[20_000], 0, (int) (size % 20_000));
        return FakeSandboxes.EXIT_0;
    });

    @Test
    void afterEveryMixtureOfClients() throws Exception {
        try (var server = new RunningServer(sandboxes, "--workers=3", "--queue-depth=20", "--binary-limit=3Mi")) {
            double memory = gauge(server, "sandpool.memory.left");

            try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < CLIENTS; i++) {
                    var random = new Random(i);
                    threads.execute(() -> misbehave(server, random));
                }
            }

            await().untilAsserted(() -> {
                assertThat(gauge(server, "sandpool.slots.taken")).isZero();
                assertThat(gauge(server, "sandpool.queue.depth")).isZero();
                assertThat(gauge(server, "sandpool.memory.left")).isEqualTo(memory);
                assertThat(sandboxes.open()).isEqualTo(WARM);
            });
            assertThat(server.ask(post("program")).status()).isEqualTo(200);
        }
    }

    private static void misbehave(RunningServer server, Random random) {
        int size = random.nextInt(4_000_000);
        try (var client = server.connect()) {
            switch (random.nextInt(6)) {
                case 0 -> client.ask(post("x".repeat(size)));
                case 1 -> client.send(head(size)).send(new byte[size / 2]);
                case 2 -> {
                    client.send(head(size)).send(new byte[size / 2]);
                    client.reset();
                }
                case 3 -> {
                    client.send(head(size)).send(new byte[size / 3]);
                    client.halfClose();
                    client.isClosedByServer();
                }
                case 4 -> client.send(post("x".repeat(size)) + post("y".repeat(size)));
                default ->
                    client.send("POST /run HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nx\r\n");
            }
        } catch (IOException e) {
            // Refused while it wrote, which it has to expect.
        }
    }

    private static double gauge(RunningServer server, String name) {
        return server.registry.get(name).gauge().value();
    }
}
