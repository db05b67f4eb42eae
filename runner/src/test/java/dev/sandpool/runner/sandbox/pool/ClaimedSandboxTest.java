package dev.sandpool.runner.sandbox.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.sandbox.Launchers;
import dev.sandpool.runner.sandbox.OutputSink;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RecordedOutput;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.Sandbox;
import dev.sandpool.runner.sandbox.TestSettings;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A signal is for one run: no later run of the same sandbox gets it, which may be of another caller. */
@Timeout(20)
class ClaimedSandboxTest {
    private static final int SIGTERM = 15;

    private final List<String> events = new CopyOnWriteArrayList<>();
    private final CountDownLatch sandboxReads = new CountDownLatch(1);
    // No test waits for it.
    private final ClaimedSandbox claimed = claimed(Duration.ofHours(1));

    private ClaimedSandbox claimed(Duration longestSignal) {
        return new ClaimedSandbox(
                new FakeSandbox(),
                TestSettings.embeddedRevision("a"),
                1,
                Launchers.NONE,
                true,
                longestSignal,
                new ClaimedSandbox.Owner() {
                    @Override
                    public void ran() {}

                    @Override
                    public void takeBack() {
                        events.add("taken back");
                    }

                    @Override
                    public void released() {
                        events.add("released");
                    }
                });
    }

    private final class FakeSandbox implements Sandbox {
        @Override
        public String name() {
            return "fake";
        }

        @Override
        public RunResult run(ProgramRequest request, OutputSink output, Runnable progress) {
            return new RunResult.Exited(0, RunResult.Facts.NONE);
        }

        @Override
        public void signal(int number) {
            events.add("writes " + number);
            try {
                sandboxReads.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            events.add("has written " + number);
        }

        @Override
        public Duration timeLeft() {
            return Duration.ofSeconds(5);
        }

        @Override
        public void close() {
            events.add("closed");
        }
    }

    @AfterEach
    void letGo() {
        sandboxReads.countDown();
    }

    private static void run(ClaimedSandbox claimed) {
        claimed.run(new ProgramRequest(List.of(), InputStream.nullInputStream()), new RecordedOutput(), () -> {});
    }

    private CompletableFuture<Void> signal(ClaimedSandbox claimed) {
        CompletableFuture<Void> signal = CompletableFuture.runAsync(() -> claimed.signal(SIGTERM));
        await().until(() -> events.contains("writes 15"));
        return signal;
    }

    @Test
    void aSignalAfterTheRunIsNotSent() {
        run(claimed);
        claimed.close();
        claimed.signal(SIGTERM);
        assertThat(events).containsExactly("taken back");
    }

    @Test
    void theSandboxServesAgainWhenTheSignalOfItsLastRunIsWritten() throws Exception {
        run(claimed);
        CompletableFuture<Void> signal = signal(claimed);
        Thread closing = Thread.ofVirtual().start(claimed::close);
        await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);
        sandboxReads.countDown();
        signal.get();
        closing.join();
        assertThat(events).containsExactly("writes 15", "has written 15", "taken back");
    }

    @Test
    void aSandboxThatDoesNotReadTheSignalIsClosed() {
        ClaimedSandbox impatient = claimed(Duration.ofMillis(1));
        run(impatient);
        CompletableFuture<Void> signal = signal(impatient);
        impatient.close();
        assertThat(events).containsExactly("writes 15", "closed", "released");
        assertThat(signal).isNotDone();
    }

    @Test
    void aRunThatIsEndedByItsCallerWaitsForNoSignal() {
        CompletableFuture<Void> signal = signal(claimed);
        claimed.close();
        assertThat(events).containsExactly("writes 15", "closed", "released");
        assertThat(signal).isNotDone();
    }

    @Test
    void aCancellationWaitsForNoSignalEither() {
        run(claimed);
        CompletableFuture<Void> signal = signal(claimed);
        claimed.abandon();
        claimed.close();
        assertThat(events).containsExactly("writes 15", "closed", "released");
        assertThat(signal).isNotDone();
    }
}
