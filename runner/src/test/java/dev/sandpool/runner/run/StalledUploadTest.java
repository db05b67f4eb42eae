package dev.sandpool.runner.run;

import static dev.sandpool.runner.FakeSandboxes.printing;
import static dev.sandpool.runner.RawClient.head;
import static dev.sandpool.runner.RawClient.post;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The old backend answered nobody while four uploads stalled. */
class StalledUploadTest {
    private static final int MORE_THAN_THE_FIRST_BYTES = 70 * 1024;

    private final FakeSandboxes sandboxes = new FakeSandboxes(printing("", 0));

    @Test
    void stalledUploadsDoNotHoldUpOthers() throws Exception {
        sandboxes.runTimeoutIs(Duration.ofMinutes(5)); // which is not what ends them
        try (var server = new RunningServer(sandboxes)) {
            List<RawClient> stalled = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                stalled.add(server.connect().send(head(1_000_000)).send(new byte[MORE_THAN_THE_FIRST_BYTES]));
            }
            await().until(() -> sandboxes.runs() == 2);

            var reply = server.ask(post("program"));

            assertThat(reply.status()).isEqualTo(200);
            assertThat(stalled.getFirst().reply().status()).isEqualTo(408);
            assertThat(stalled.getFirst().isClosedByServer()).isTrue();
            for (RawClient client : stalled) {
                client.close();
            }
        }
    }

    @Test
    void anUploadThatOnlyTricklesIsStalledToo() throws Exception {
        try (var server = new RunningServer(sandboxes, "--workers=1");
                var trickling = server.connect();
                var clock = Executors.newSingleThreadScheduledExecutor()) {
            trickling.send(head(1_000_000)).send(new byte[MORE_THAN_THE_FIRST_BYTES]);
            await().until(() -> sandboxes.runs() == 1);
            Future<?> trickle = clock.scheduleWithFixedDelay(() -> sendOneByte(trickling), 0, 10, MILLISECONDS);

            assertThat(server.ask(post("program")).status()).isEqualTo(200);

            assertThat(trickling.reply().status()).isEqualTo(408);
            trickle.cancel(true);
        }
    }

    /** Throws once the server has closed the connection, as it should. That ends the trickle. */
    private static void sendOneByte(RawClient client) {
        try {
            client.send(new byte[1]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void anUploadThatPausesWhileNobodyWaitsMayGoOn() throws Exception {
        try (var server = new RunningServer(sandboxes, "--workers=1");
                var client = server.connect()) {
            client.send(head(100_000)).send(new byte[MORE_THAN_THE_FIRST_BYTES]);
            await().during(Duration.ofMillis(500)).until(() -> sandboxes.runs() == 1);

            client.send(new byte[100_000 - MORE_THAN_THE_FIRST_BYTES]);

            assertThat(client.reply().status()).isEqualTo(200);
        }
    }

    @Test
    void theRunsOwnTimeEndsAnUpload() throws Exception {
        sandboxes.runTimeoutIs(Duration.ofMillis(300));
        try (var server = new RunningServer(sandboxes, "--workers=1");
                var client = server.connect()) {
            client.send(head(1_000_000)).send(new byte[MORE_THAN_THE_FIRST_BYTES]);

            var reply = client.reply();

            assertThat(reply.status()).isEqualTo(408);
            assertThat(reply.headers()).containsEntry("connection", "close");
        }
    }

    @Test
    void whoHasSentNothingTakesNoSlot() throws Exception {
        try (var server = new RunningServer(sandboxes, "--workers=1", "--queue-depth=0");
                var silent = server.connect();
                var little = server.connect()) {
            silent.send(head(1_000_000));
            little.send(head(1_000_000)).send(new byte[60_000]);

            assertThat(server.ask(post("program")).status()).isEqualTo(200);
            assertThat(server.ask(post("program")).status()).isEqualTo(200);
            assertThat(sandboxes.runs()).isEqualTo(2);
        }
    }
}
