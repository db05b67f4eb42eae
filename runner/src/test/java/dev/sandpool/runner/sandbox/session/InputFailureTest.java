package dev.sandpool.runner.sandbox.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Omission;
import dev.sandpool.runner.sandbox.AskedLimits;
import dev.sandpool.runner.sandbox.BulkInputStream;
import dev.sandpool.runner.sandbox.OutputFiles;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RecordedOutput;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.RunResult;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run whose standard input turns out to be none. */
@Timeout(20)
class InputFailureTest extends SessionFixture {
    private static final class Broken implements RunInput {
        private final InputStream standardInput;
        private final Runnable whenStopped;

        Broken(InputStream standardInput, Runnable whenStopped) {
            this.standardInput = standardInput;
            this.whenStopped = whenStopped;
        }

        @Override
        public @Nullable WorkingFile nextFile() {
            return null;
        }

        @Override
        public InputStream program() {
            return new ByteArrayInputStream("program".getBytes(UTF_8));
        }

        @Override
        public boolean mayHaveStandardInput() {
            return true;
        }

        @Override
        public InputStream standardInput() {
            return standardInput;
        }

        @Override
        public void stop() {
            whenStopped.run();
        }
    }

    private RunResult run(InputStream standardInput, Runnable whenStopped, FakeContained.Script afterStart)
            throws Exception {
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            c.receiveProgram();
            c.started();
            afterStart.play(c);
        })) {
            var request =
                    new ProgramRequest(List.of(), Map.of(), AskedLimits.NONE, new Broken(standardInput, whenStopped));
            return session.run(request, output, () -> {});
        }
    }

    private static InputStream failing(Exception failure) {
        return new InputStream() {
            private boolean begun;

            @Override
            public int read() {
                throw new AssertionError("read by the piece");
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                if (!begun) {
                    begun = true;
                    into[offset] = 'x';
                    return 1;
                }
                if (failure instanceof IOException e) {
                    throw e;
                }
                throw (RuntimeException) failure;
            }
        };
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void itsFailureEndsTheRun(boolean isChecked) throws Exception {
        Exception failure = isChecked ? new IOException("bad form") : new IllegalStateException("bad chunk");

        RunResult result = run(failing(failure), () -> {}, c -> {
            assertThat(c.next()).isInstanceOf(Frame.Stdin.class);
            c.fallSilent();
        });

        assertThat(result).isEqualTo(new RunResult.UploadFailed(failure));
    }

    @Test
    void itIsLeftWholeIfTheSandboxIsLostBeforeTheProgramStarts() throws Exception {
        var reads = new AtomicInteger();
        var stops = new AtomicInteger();
        InputStream whole = new BulkInputStream() {
            @Override
            public int read(byte[] into, int offset, int length) {
                reads.incrementAndGet();
                return -1;
            }
        };

        RunResult result;
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            c.receiveProgram();
        })) {
            var input = new Broken(whole, stops::incrementAndGet);
            result = session.run(new ProgramRequest(List.of(), Map.of(), AskedLimits.NONE, input), output, () -> {});
        }

        assertThat(result).isInstanceOf(RunResult.SandboxLost.class);
        assertThat(reads).hasValue(0);
        assertThat(stops).hasValue(0);
    }

    @Test
    void itsFailureIsNothingOnceFilesCome() throws Exception {
        var filesCame = new CountDownLatch(1);
        var pump = new CompletableFuture<Thread>();
        var noticing = new RecordedOutput() {
            @Override
            public void omitted(OmittedFiles left) {
                super.omitted(left);
                filesCame.countDown();
            }
        };
        InputStream late = new InputStream() {
            @Override
            public int read() {
                throw new AssertionError("read by the piece");
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                try {
                    filesCame.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                pump.complete(Thread.currentThread());
                throw new IOException("bad form");
            }
        };

        RunResult result;
        try (SandboxSession session = warm(LIMITS, c -> {
            Map<String, String> facts = new HashMap<>(FakeContained.ISOLATED);
            facts.put(Facts.OUTPUT_FILES, Facts.PATTERNS);
            c.greet(facts);
            while (!(c.next() instanceof Frame.ProgramEnd)) {
                // The program is of no interest here.
            }
            c.started();
            c.send(new Frame.OutputFileOmitted(Omission.MISSING, 1, "a"));
            try {
                pump.join().join();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            c.exit(ExitOutcome.EXITED, 3, 0, "");
        })) {
            var request = new ProgramRequest(List.of(), Map.of(), AskedLimits.NONE, new Broken(late, () -> {}))
                    .with(OutputFiles.of(List.of("a")));
            result = session.run(request, noticing, () -> {});
        }

        assertThat(result).isEqualTo(new RunResult.Exited(3, RunResult.Facts.NONE));
    }

    @Test
    void itsFailureIsNothingToARunThatIsOver() throws Exception {
        var stopped = new CountDownLatch(1);
        InputStream late = new InputStream() {
            @Override
            public int read() throws IOException {
                try {
                    stopped.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                throw new IllegalStateException("nobody wants it");
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return read();
            }
        };

        RunResult result = run(late, stopped::countDown, c -> c.exit(ExitOutcome.EXITED, 3, 0, ""));

        assertThat(result).isEqualTo(new RunResult.Exited(3, RunResult.Facts.NONE));
    }
}
