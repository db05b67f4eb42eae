package dev.sandpool.runner.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import dev.sandpool.runner.run.CorruptBodyException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

class BodyDecodingTest {
    private static byte[] encode(BodyDecoding coding, byte[] plain) throws IOException {
        var encoded = new ByteArrayOutputStream();
        try (OutputStream out = switch (coding) {
            case IDENTITY -> encoded;
            case GZIP -> new GZIPOutputStream(encoded);
            case ZSTD -> new ZstdOutputStream(encoded).setChecksum(true);
        }) {
            out.write(plain);
        }
        return encoded.toByteArray();
    }

    private static byte[] decode(BodyDecoding coding, byte[] encoded) throws IOException {
        try (InputStream in = coding.decode(new ByteArrayInputStream(encoded))) {
            return in.readAllBytes();
        }
    }

    private static byte[] join(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        Stream.of(parts).forEach(all::writeBytes);
        return all.toByteArray();
    }

    /** Half of it noise, half of it the same again. */
    private static byte[] program(int bytes) {
        byte[] program = new byte[bytes];
        new Random(bytes).nextBytes(program);
        Arrays.fill(program, bytes / 2, bytes, (byte) 7);
        return program;
    }

    @ParameterizedTest
    @CsvSource({"'', IDENTITY", "identity, IDENTITY", "gzip, GZIP", "' GZip ', GZIP", "x-gzip, GZIP", "zstd, ZSTD"})
    void aCodingHasItsName(String header, BodyDecoding coding) {
        assertThat(BodyDecoding.of(Optional.of(header))).contains(coding);
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "deflate", "gzip, gzip", "gzip,zstd", "*", "zst"})
    void othersAreNotKnown(String header) {
        assertThat(BodyDecoding.of(Optional.of(header))).isEmpty();
    }

    @Test
    void noHeaderIsNoCoding() {
        assertThat(BodyDecoding.of(Optional.empty())).contains(BodyDecoding.IDENTITY);
    }

    @ParameterizedTest
    @EnumSource
    void whatWasEncodedComesOutAgain(BodyDecoding coding) throws IOException {
        for (int bytes : new int[] {0, 1, 8191, 8192, 300_000}) {
            assertThat(decode(coding, encode(coding, program(bytes)))).isEqualTo(program(bytes));
        }
    }

    @ParameterizedTest
    @EnumSource
    void itMayComeByteByByte(BodyDecoding coding) throws IOException {
        byte[] encoded = encode(coding, program(5000));
        var dripping = new ByteArrayInputStream(encoded) {
            @Override
            public synchronized int read(byte[] into, int offset, int length) {
                return super.read(into, offset, Math.min(length, 1));
            }
        };
        try (InputStream in = coding.decode(dripping)) {
            assertThat(in.readAllBytes()).isEqualTo(program(5000));
            assertThat(in.read()).isNegative();
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "IDENTITY")
    void severalOnesAfterEachOtherAreOne(BodyDecoding coding) throws IOException {
        byte[] two = join(encode(coding, program(100)), encode(coding, program(20_000)));
        assertThat(decode(coding, two)).isEqualTo(join(program(100), program(20_000)));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "IDENTITY")
    void oneThatIsCutAnywhereIsNotWhole(BodyDecoding coding) throws IOException {
        byte[] encoded = encode(coding, program(300));
        // An empty zstd body is a stream of no frames.
        for (int i = 1; i < encoded.length; i++) {
            byte[] cut = Arrays.copyOf(encoded, i);
            assertThatThrownBy(() -> decode(coding, cut)).as("%d bytes", i).isInstanceOf(CorruptBodyException.class);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "IDENTITY")
    void whatIsDamagedFails(BodyDecoding coding) throws IOException {
        byte[] encoded = encode(coding, program(300));
        encoded[encoded.length / 2] ^= 0x10;
        assertThatThrownBy(() -> decode(coding, encoded)).isInstanceOf(CorruptBodyException.class);
        assertThatThrownBy(() -> decode(coding, program(300))).isInstanceOf(CorruptBodyException.class);
        byte[] trailing = join(encode(coding, program(300)), new byte[] {1, 2, 3, 4, 5});
        assertThatThrownBy(() -> decode(coding, trailing)).isInstanceOf(CorruptBodyException.class);
    }

    @Test
    void aGzipHeaderMayHaveEverything() throws IOException {
        byte[] plain = encode(BodyDecoding.GZIP, program(50));
        byte[] header = HexFormat.of().parseHex("1f8b081e" + "000000000003" + "0200aabb" + "6e00" + "6300" + "0000");
        byte[] full = join(header, Arrays.copyOfRange(plain, 10, plain.length));
        assertThat(decode(BodyDecoding.GZIP, full)).isEqualTo(program(50));
    }

    /** The window decides how much memory a decoder takes: 8 MiB, not the 128 that the library allows by itself. */
    @Test
    void aZstdWindowHasABound() throws IOException {
        assertThat(decode(BodyDecoding.ZSTD, withWindow(23))).hasSize(1);
        assertThatThrownBy(() -> decode(BodyDecoding.ZSTD, withWindow(24)))
                .isInstanceOf(CorruptBodyException.class)
                .hasMessageContaining("8 MiB");
    }

    /** A frame with that window and one raw block of one byte. */
    private static byte[] withWindow(int log) {
        return HexFormat.of().parseHex("28b52ffd" + "00" + "%02x".formatted((log - 10) << 3) + "090000" + "78");
    }

    /** It comes out as it is read, so whoever counts can stop. */
    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "IDENTITY")
    void aBombIsReadNoFurtherThanWanted(BodyDecoding coding) throws IOException {
        byte[] bomb = encode(coding, new byte[64 << 20]);
        var taken = new AtomicInteger();
        var counted = new ByteArrayInputStream(bomb) {
            @Override
            public synchronized int read(byte[] into, int offset, int length) {
                int read = super.read(into, offset, Math.min(length, 64));
                taken.addAndGet(read);
                return read;
            }
        };
        try (InputStream in = coding.decode(counted)) {
            assertThat(in.readNBytes(64 * 1024)).containsOnly(0);
        }
        assertThat(taken.get()).isLessThan(bomb.length / 2);
    }

    @ParameterizedTest
    @EnumSource
    void aFailureOfTheUploadComesThrough(BodyDecoding coding) {
        var failure = new IOException("the client has gone");
        var broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw failure;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                throw failure;
            }
        };
        assertThatThrownBy(() -> coding.decode(broken).read(new byte[10])).isSameAs(failure);
    }

    /** A client may flush a line of a program's input and wait for what the program answers. */
    @ParameterizedTest
    @EnumSource
    void whatIsFlushedComesOutBeforeMoreComesIn(BodyDecoding coding) throws IOException {
        var encoded = new ByteArrayOutputStream();
        OutputStream out = switch (coding) {
            case IDENTITY -> encoded;
            case GZIP -> new GZIPOutputStream(encoded, 512, true);
            case ZSTD -> new ZstdOutputStream(encoded);
        };
        out.write(program(100));
        out.flush();
        var waiting = new ByteArrayInputStream(encoded.toByteArray()) {
            @Override
            public synchronized int read(byte[] into, int offset, int length) {
                assertThat(available()).as("what is left when more is read").isPositive();
                return super.read(into, offset, length);
            }
        };
        try (InputStream in = coding.decode(waiting)) {
            assertThat(in.readNBytes(1)).hasSize(1);
            byte[] rest = new byte[1000];
            assertThat(in.read(rest)).isEqualTo(99);
        }
    }

    /** The name in a header can be of any length. */
    @Test
    void aNameInAGzipHeaderTakesNoMemory() {
        int length = 16 << 20;
        var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        byte[] header = HexFormat.of().parseHex("1f8b0808000000000003");
        var named = new InputStream() {
            private int at;

            @Override
            public int read() {
                return at < header.length ? header[at++] & 0xff : at++ < length ? 'x' : -1;
            }

            @Override
            public int read(byte[] into, int offset, int most) {
                for (int i = 0; i < most; i++) {
                    int next = read();
                    if (next < 0) {
                        return i == 0 ? -1 : i;
                    }
                    into[offset + i] = (byte) next;
                }
                return most;
            }
        };
        long before = thread.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> BodyDecoding.GZIP.decode(named).read(new byte[10]))
                .isInstanceOf(CorruptBodyException.class);
        assertThat(thread.getCurrentThreadAllocatedBytes() - before).isLessThan(length / 8);
    }
}
