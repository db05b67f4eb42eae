package dev.sandpool.runner.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.runner.sandbox.FileSink;
import dev.sandpool.runner.sandbox.OutputFiles;
import dev.sandpool.runner.sandbox.OutputSink;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Output that the runner cannot keep, for example because its disk is full. */
@Timeout(20)
class SinkFailureTest extends SessionFixture {
    private static final SandboxLimits WITH_FILES =
            new SandboxLimits(MAX_BINARY, 10, MAX_OUTPUT, 1 << 20, 64, Optional.empty(), Duration.ofSeconds(5));

    private final OutputSink fullDisk = new OutputSink() {
        @Override
        public void write(StandardStream stream, byte[] from, int offset, int length) throws IOException {
            throw new IOException("no space left on device");
        }

        @Override
        public FileSink files() {
            return new FullDisk();
        }
    };

    private static final class FullDisk implements FileSink {
        @Override
        public void begin(String name) {
            // A name is in memory.
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            throw new IOException("no space left on device");
        }

        @Override
        public void end(boolean truncated) {
            // In memory too.
        }

        @Override
        public void omitted(OmittedFiles files) {
            // In memory too.
        }
    }

    @Test
    void theRunIsCancelledAtOnceWhenItsOutputCannotBeKept() throws Exception {
        RunResult result = runOnFullDisk(OutputFiles.of(List.of()), c -> {
            c.greet();
            c.receiveProgram();
            c.started();
            c.stdout("out");
            c.fallSilent();
        });

        assertThat(result).isEqualTo(new RunResult.Cancelled());
    }

    @Test
    void soItIsWhenAFileCannotBeKept() throws Exception {
        RunResult result = runOnFullDisk(OutputFiles.of(List.of("a")), c -> {
            Map<String, String> facts = new HashMap<>(FakeContained.ISOLATED);
            facts.put(Facts.OUTPUT_FILES, Facts.PATTERNS);
            c.greet(facts);
            while (!(c.next() instanceof Frame.ProgramEnd)) {
                // The program is of no interest here.
            }
            c.started();
            c.send(new Frame.OutputFile("a"));
            c.send(new Frame.OutputFileData(Bytes.utf8("file")));
            c.fallSilent();
        });

        assertThat(result).isEqualTo(new RunResult.Cancelled());
    }

    private RunResult runOnFullDisk(OutputFiles wanted, FakeContained.Script script) throws Exception {
        try (SandboxSession session = warm(WITH_FILES, script)) {
            var request = request(new ByteArrayInputStream(new byte[1])).with(wanted);
            RunResult result = session.run(request, fullDisk, () -> {});
            assertThat(contained.closedByRunner.getCount())
                    .as("the stream is closed before the session is")
                    .isZero();
            return result;
        }
    }
}
