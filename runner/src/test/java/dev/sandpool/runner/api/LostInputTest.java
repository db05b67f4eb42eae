package dev.sandpool.runner.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.Sandboxes;
import dev.sandpool.runner.sandbox.session.FakeContained;
import dev.sandpool.runner.sandbox.session.IsolationRequirements;
import dev.sandpool.runner.sandbox.session.SandboxHost;
import dev.sandpool.runner.sandbox.session.SandboxSession;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The standard input of a run whose first sandbox is lost before the program starts: the second sandbox gets all of it. */
@Timeout(60)
class LostInputTest {
    private final LosingOne sandboxes = new LosingOne();
    private final RunningServer server = new RunningServer(sandboxes);
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void stop() {
        http.shutdownNow();
        server.close();
    }

    @Test
    void aFormHasItAgain() throws Exception {
        String form = part("program", "program") + part("stdin", "the input") + "--xyz--\r\n";

        var answer = http.send(
                HttpRequest.newBuilder(URI.create("http" + address("/v1/runs")))
                        .header("Content-Type", "multipart/form-data; boundary=xyz")
                        .POST(BodyPublishers.ofString(form))
                        .build(),
                BodyHandlers.ofString());

        assertThat(answer.body()).contains("\"outcome\" : \"exited\"", "\"the input\"");
        assertThat(sandboxes.programs).hasValue(2);
    }

    @Test
    void aLiveRunHasItAgain() throws Exception {
        var events = new AllEvents();
        WebSocket socket = http.newWebSocketBuilder()
                .buildAsync(URI.create("ws" + address("/v1/runs/live")), events)
                .join();

        socket.sendText("{}", true).join();
        socket.sendBinary(ByteBuffer.wrap("program".getBytes(UTF_8)), true).join();
        socket.sendText("{\"event\":\"program-end\"}", true).join();
        socket.sendBinary(ByteBuffer.wrap("the input".getBytes(UTF_8)), true).join();
        socket.sendText("{\"event\":\"stdin-end\"}", true).join();

        assertThat(events.all.get(20, TimeUnit.SECONDS))
                .contains("\"text\":\"the input\"", "\"event\":\"exit\"")
                .doesNotContain("problem");
        assertThat(sandboxes.programs).hasValue(2);
    }

    private String address(String path) {
        return "://127.0.0.1:" + server.server.port() + path;
    }

    private static String part(String name, String content) {
        return "--xyz\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content + "\r\n";
    }

    /** Sessions of which the first one that gets a program is lost, and any other one prints its standard input. */
    private static final class LosingOne implements Sandboxes {
        final AtomicInteger programs = new AtomicInteger();

        @Override
        public WarmSandbox start(Revision revision, Duration atMost)
                throws SandboxStartException, InterruptedException {
            return SandboxSession.greet(
                    "scripted",
                    new FakeContained().play(this::serve),
                    new Gone(),
                    revision.limits(),
                    IsolationRequirements.POD,
                    Deadline.in(atMost));
        }

        private void serve(FakeContained contained) throws IOException {
            contained.greet();
            contained.receiveProgram();
            if (programs.incrementAndGet() == 1) {
                return;
            }
            contained.started();
            var input = new ByteArrayOutputStream();
            while (contained.next() instanceof Frame.Stdin piece) {
                piece.bytes().writeTo(input::write);
            }
            contained.stdout(input.toString(UTF_8));
            contained.exit(ExitOutcome.EXITED, 0, 0, "");
        }

        @Override
        public String isolation() {
            return "not at all: a script";
        }

        @Override
        public void deleteLeftovers() {}

        @Override
        public void close() {}
    }

    /** Nothing is left of a script. */
    private static final class Gone implements SandboxHost {
        @Override
        public Death causeOfDeath(Duration atMost) {
            return new Death(Cause.OTHER, "the script was over");
        }

        @Override
        public void takeBack() {}
    }

    /** All messages that a live run sends, until it closes the WebSocket. */
    private static final class AllEvents implements WebSocket.Listener {
        final CompletableFuture<String> all = new CompletableFuture<>();
        private final StringBuilder text = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            from.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket from, int status, String reason) {
            all.complete(text.toString());
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable failure) {
            all.completeExceptionally(failure);
        }
    }
}
