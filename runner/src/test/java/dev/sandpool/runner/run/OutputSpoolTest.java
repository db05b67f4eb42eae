package dev.sandpool.runner.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.runner.admission.MemoryBudget;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputSpoolTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "0, 1",
        "0, 300000",
        "100000000, 3000000",
        "10000, 70000",
        "4096, 4096",
        "4096, 4097",
        "300000, 1000000"
    })
    void whatGoesInComesOut(long budget, int size) throws IOException {
        var memory = new MemoryBudget(budget);
        var expectedOut = new ByteArrayOutputStream();
        var expectedErr = new ByteArrayOutputStream();
        try (var spool = new OutputSpool(directory, memory)) {
            var random = new Random(size);
            while (expectedOut.size() < size) {
                byte[] bytes = new byte[1 + random.nextInt(20_000)];
                random.nextBytes(bytes);
                int count = Math.min(bytes.length, size - expectedOut.size());
                spool.stdout(bytes, 0, count);
                expectedOut.write(bytes, 0, count);
                spool.stderr(bytes, count / 2, count - count / 2);
                expectedErr.write(bytes, count / 2, count - count / 2);
            }

            assertThat(spool.stdoutBytes()).isEqualTo(size);
            assertThat(stdout(spool)).isEqualTo(expectedOut.toByteArray());
            assertThat(stdout(spool)).isEqualTo(expectedOut.toByteArray());
            var stderr = new ByteArrayOutputStream();
            spool.copyStderr(stderr);
            assertThat(stderr.toByteArray()).isEqualTo(expectedErr.toByteArray());
            assertThat(memory.left()).isNotNegative();
        }
        assertThat(memory.left()).isEqualTo(budget);
    }

    @Test
    void nothingIsLeftOnDiskNotEvenWhileItIsUsed() throws IOException {
        try (var spool = new OutputSpool(directory, new MemoryBudget(0))) {
            spool.stdout(new byte[200_000], 0, 200_000);

            assertThat(directory).isEmptyDirectory();
        }
    }

    @Test
    void aDiskThatTakesNothingIsAFailureThatIsKept() {
        try (var spool = new OutputSpool(directory.resolve("missing"), new MemoryBudget(0))) {
            assertThatThrownBy(() -> spool.stdout(new byte[1], 0, 1)).isInstanceOf(IOException.class);

            assertThat(spool.failure()).isPresent();
            assertThat(spool.addedToStderr("line\n")).isFalse();
        }
    }

    private static byte[] stdout(OutputSpool spool) throws IOException {
        var bytes = new ByteArrayOutputStream();
        spool.copyStdout(bytes);
        return bytes.toByteArray();
    }
}
