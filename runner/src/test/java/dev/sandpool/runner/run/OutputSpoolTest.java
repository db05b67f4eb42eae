package dev.sandpool.runner.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.OutputSpool.Piece;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputSpoolTest {
    private static final Caller ONE = Caller.ofHeader("one");
    private static final Caller ANOTHER = Caller.ofHeader("another");

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
        try (var spool = new OutputSpool(TestDisk.in(directory), memory)) {
            var random = new Random(size);
            while (expectedOut.size() < size) {
                byte[] bytes = new byte[1 + random.nextInt(20_000)];
                random.nextBytes(bytes);
                int count = Math.min(bytes.length, size - expectedOut.size());
                spool.write(StandardStream.STDOUT, bytes, 0, count);
                expectedOut.write(bytes, 0, count);
                spool.write(StandardStream.STDERR, bytes, count / 2, count - count / 2);
                expectedErr.write(bytes, count / 2, count - count / 2);
            }

            assertThat(spool.bytes(StandardStream.STDOUT)).isEqualTo(size);
            assertThat(copied(spool, StandardStream.STDOUT)).isEqualTo(expectedOut.toByteArray());
            assertThat(copied(spool, StandardStream.STDOUT)).isEqualTo(expectedOut.toByteArray());
            assertThat(copied(spool, StandardStream.STDERR)).isEqualTo(expectedErr.toByteArray());
            assertThat(inOrder(spool, StandardStream.STDOUT)).isEqualTo(expectedOut.toByteArray());
            assertThat(inOrder(spool, StandardStream.STDERR)).isEqualTo(expectedErr.toByteArray());
            assertThat(memory.left()).isNotNegative();
        }
        assertThat(memory.left()).isEqualTo(budget);
    }

    @Test
    void nothingIsLeftOnDiskNotEvenWhileItIsUsed() throws IOException {
        try (var spool = new OutputSpool(TestDisk.in(directory), new MemoryBudget(0))) {
            spool.write(StandardStream.STDOUT, new byte[200_000], 0, 200_000);

            assertThat(directory).isEmptyDirectory();
        }
    }

    @Test
    void aDiskThatTakesNothingIsAFailureThatIsKept() {
        try (var spool = new OutputSpool(TestDisk.in(directory.resolve("missing")), new MemoryBudget(0))) {
            assertThatThrownBy(() -> spool.write(StandardStream.STDOUT, new byte[1], 0, 1))
                    .isInstanceOf(IOException.class);

            assertThat(spool.failure()).isPresent();
            assertThatThrownBy(() -> spool.write(StandardStream.STDERR, new byte[1], 0, 1))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void theDiskIsSharedAndOneCallerLeavesHalfOfItToOthers() throws IOException {
        int quarter = 256 * 1024;
        var disk = new SpoolDisk(directory, 4L * quarter);
        var memory = new MemoryBudget(0);
        try (var spool = new OutputSpool(disk.part(() -> ONE), memory);
                var small = new OutputSpool(disk.part(() -> ONE), memory);
                var other = new OutputSpool(disk.part(() -> ANOTHER), memory)) {
            spool.write(StandardStream.STDOUT, new byte[quarter], 0, quarter);
            spool.write(StandardStream.STDERR, new byte[quarter], 0, quarter);
            assertThatThrownBy(() -> spool.write(StandardStream.STDOUT, new byte[quarter], 0, quarter))
                    .isInstanceOf(OutputTooLargeException.class);
            assertThat(spool.failure()).containsInstanceOf(OutputTooLargeException.class);

            small.write(StandardStream.STDOUT, new byte[60_000], 0, 60_000);
            assertThatThrownBy(() -> small.write(StandardStream.STDOUT, new byte[60_000], 0, 60_000))
                    .isInstanceOf(SpoolFullException.class);
            other.write(StandardStream.STDOUT, new byte[quarter], 0, quarter);
        }
        try (var spool = new OutputSpool(disk.part(() -> ONE), memory)) {
            spool.write(StandardStream.STDOUT, new byte[2 * quarter], 0, 2 * quarter);
        }
    }

    @Test
    void itKnowsTheOrderOfThePiecesAndNeighboursAreOne() throws IOException {
        try (var spool = new OutputSpool(TestDisk.in(directory), new MemoryBudget(1 << 20))) {
            spool.write(StandardStream.STDERR, new byte[3], 0, 3);
            spool.write(StandardStream.STDERR, new byte[3], 1, 2);
            spool.write(StandardStream.STDOUT, new byte[1], 0, 1);
            spool.write(StandardStream.STDERR, new byte[1], 0, 1);

            assertThat(spool.pieces())
                    .containsExactly(
                            new Piece(StandardStream.STDERR, 0, 5),
                            new Piece(StandardStream.STDOUT, 0, 1),
                            new Piece(StandardStream.STDERR, 5, 1));
        }
    }

    @Test
    void ofTooManyPiecesTheRestOfEachStreamIsOne() throws IOException {
        int each = 8_000;
        try (var spool = new OutputSpool(TestDisk.in(directory), new MemoryBudget(1 << 20))) {
            for (int i = 0; i < each; i++) {
                spool.write(StandardStream.STDOUT, new byte[1], 0, 1);
                spool.write(StandardStream.STDERR, new byte[1], 0, 1);
            }

            assertThat(spool.pieces()).hasSize(10_000);
            assertThat(spool.pieces().subList(9_997, 10_000))
                    .containsExactly(
                            new Piece(StandardStream.STDERR, 4_998, 1),
                            new Piece(StandardStream.STDOUT, 4_999, each - 4_999),
                            new Piece(StandardStream.STDERR, 4_999, each - 4_999));
        }
    }

    @Test
    void aStreamThatCannotBeClosedKeepsNothingOfTheOthers() throws IOException {
        var memory = new MemoryBudget(1 << 20);
        var disk = TestDisk.in(directory);
        var broken = new SpooledBytes(disk, memory) {
            @Override
            public void close() {
                throw new UncheckedIOException(new IOException("broken"));
            }
        };
        var files = new FileSpool(new SpooledBytes(disk, memory), memory);
        var spool = new OutputSpool(broken, new SpooledBytes(disk, memory), files, disk);
        spool.write(StandardStream.STDERR, new byte[1], 0, 1);
        files.begin("a");
        files.write(new byte[1], 0, 1);
        files.end(false);
        assertThat(memory.left()).isLessThan(1 << 20);

        assertThatThrownBy(spool::close).hasRootCauseMessage("broken");
        assertThat(memory.left()).isEqualTo(1 << 20);
    }

    private static byte[] copied(OutputSpool spool, StandardStream stream) throws IOException {
        var bytes = new ByteArrayOutputStream();
        spool.copyTo(bytes, stream);
        return bytes.toByteArray();
    }

    private static byte[] inOrder(OutputSpool spool, StandardStream stream) throws IOException {
        var bytes = new ByteArrayOutputStream();
        for (Piece piece : spool.pieces()) {
            if (piece.stream() == stream) {
                try (var in = spool.input(piece)) {
                    in.transferTo(bytes);
                }
            }
        }
        return bytes.toByteArray();
    }
}
