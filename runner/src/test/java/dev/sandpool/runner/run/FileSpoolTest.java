package dev.sandpool.runner.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.FileSpool.SpooledFile;
import dev.sandpool.runner.sandbox.FileSink.OmittedFiles;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileSpoolTest {
    @TempDir
    private Path directory;

    private static byte[] read(FileSpool files, SpooledFile file) throws IOException {
        try (InputStream in = files.input(file)) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 4096, 10_000, 300_000, 100_000_000})
    void eachFileComesOutAsItWentIn(long budget) throws IOException {
        var memory = new MemoryBudget(budget);
        var random = new Random(budget);
        Map<String, byte[]> expected = new HashMap<>();
        try (var spool = new OutputSpool(TestDisk.in(directory), memory)) {
            for (int i = 0; i < 100; i++) {
                byte[] bytes = new byte[i % 10 == 0 ? 0 : random.nextInt(20_000)];
                random.nextBytes(bytes);
                spool.files().begin("f" + i);
                spool.files().write(bytes, 0, bytes.length / 3);
                spool.files().write(bytes, bytes.length / 3, bytes.length - bytes.length / 3);
                spool.files().end(i == 99);
                expected.put("f" + i, bytes);
                spool.write(StandardStream.STDOUT, bytes, 0, bytes.length); // between them, and not among them
            }

            List<SpooledFile> files = spool.files().files();
            assertThat(files).hasSize(100);
            for (SpooledFile file : files) {
                assertThat(read(spool.files(), file)).isEqualTo(expected.get(file.name()));
                assertThat(read(spool.files(), file)).hasSize((int) file.bytes());
                assertThat(file.truncated()).isEqualTo(file.name().equals("f99"));
            }
            assertThat(memory.left()).isNotNegative();
            assertThat(spool.timeToAnswer()).isPositive();
        }
        assertThat(memory.left()).isEqualTo(budget);
    }

    @Test
    void aFileThatCannotBeKeptIsAFailureOfTheSpool() {
        try (var spool = new OutputSpool(TestDisk.in(directory.resolve("none")), new MemoryBudget(0))) {
            spool.files().begin("a");

            assertThatThrownBy(() -> spool.files().write(new byte[1], 0, 1)).isInstanceOf(IOException.class);
            assertThat(spool.failure()).isPresent();
        }
    }

    @Test
    void namesComeOutOfTheBudgetUntilTheSpoolIsClosed() {
        var memory = new MemoryBudget(1_000_000);
        try (var spool = new OutputSpool(TestDisk.in(directory), memory)) {
            spool.files().begin("n".repeat(200));
            spool.files().end(false);
            spool.files().omitted(new OmittedFiles("too-large", 1, "o".repeat(100)));

            assertThat(memory.left()).isEqualTo(1_000_000 - (400 + 128) - (200 + 128));
        }
        assertThat(memory.left()).isEqualTo(1_000_000);
    }

    @Test
    void withoutABudgetTheNamesOfARunAreBoundedAndTheRestIsCounted() throws IOException {
        try (var spool = new OutputSpool(TestDisk.in(directory), new MemoryBudget(0))) {
            for (int i = 0; i < 1024; i++) {
                spool.files().begin("%0200d".formatted(i));
                spool.files().write(new byte[] {(byte) i}, 0, 1);
                spool.files().end(false);
            }
            spool.files().omitted(new OmittedFiles("too-large", 1, "x".repeat(200)));
            spool.files().omitted(new OmittedFiles("too-many", 5, ""));

            int fit = 64 * 1024 / (400 + 128);
            List<SpooledFile> files = spool.files().files();
            assertThat(files).hasSize(fit);
            assertThat(read(spool.files(), files.getLast())).containsExactly(fit - 1);
            assertThat(spool.files().lengthWithNames()).isEqualTo(fit * 201L);
            assertThat(spool.files().omitted())
                    .containsExactly(
                            new OmittedFiles("too-large", 1, ""), new OmittedFiles("too-many", 1024 - fit + 5, ""));
        }
    }
}
