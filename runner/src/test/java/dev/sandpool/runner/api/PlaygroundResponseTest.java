package dev.sandpool.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.OutputSpool;
import dev.sandpool.runner.run.TestDisk;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The expected texts were written by Go 1.26's json.MarshalIndent. */
class PlaygroundResponseTest {
    @TempDir
    private Path directory;

    @Test
    void aRun() throws IOException {
        try (var output = new OutputSpool(TestDisk.in(directory), new MemoryBudget(1 << 20))) {
            output.write(StandardStream.STDOUT, new byte[] {'h', 'i', '\n'}, 0, 3);

            assertThat(written(PlaygroundResponse.of(new RunResult.Exited(3, RunResult.Facts.NONE), output)))
                    .isEqualTo("{\n  \"exitCode\": 3,\n  \"stdout\": \"aGkK\",\n  \"stderr\": \"\"\n}");
        }
    }

    @Test
    void anError() throws IOException {
        try (var output = new OutputSpool(TestDisk.in(directory), new MemoryBudget(1 << 20))) {
            assertThat(written(PlaygroundResponse.of(new RunResult.OutputTooLarge(RunResult.Facts.NONE), output)))
                    .isEqualTo(
                            "{\n  \"error\": \"Output too large\",\n  \"exitCode\": 0,\n  \"stdout\": \"\",\n  \"stderr\": \"\"\n}");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 63, 64, 65, 49151, 49152, 49153, 98304, 1_000_000})
    void anySizeIsEncodedAsIfAtOnce(int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        try (var output = new OutputSpool(TestDisk.in(directory), new MemoryBudget(100_000))) {
            for (int i = 0; i < size; i += 7000) {
                output.write(StandardStream.STDOUT, bytes, i, Math.min(7000, size - i));
            }
            output.write(StandardStream.STDERR, bytes, 0, size);
            String encoded = Base64.getEncoder().encodeToString(bytes);

            assertThat(written(PlaygroundResponse.of(new RunResult.Exited(0, RunResult.Facts.NONE), output)))
                    .isEqualTo("{\n  \"exitCode\": 0,\n  \"stdout\": \"" + encoded + "\",\n  \"stderr\": \"" + encoded
                            + "\"\n}");
        }
    }

    /** Its text, whose length must be the one that was told before. */
    private static String written(PlaygroundResponse json) throws IOException {
        var bytes = new ByteArrayOutputStream();
        json.writeTo(bytes);
        assertThat(json.length()).isEqualTo(bytes.size());
        return bytes.toString(StandardCharsets.US_ASCII);
    }
}
