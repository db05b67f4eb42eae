package dev.sandpool.runner.sandbox.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.sun.management.ThreadMXBean;
import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Protocol;
import dev.sandpool.protocol.ProtocolException;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompressedOutputTest {
    /** A copy of the payload, exceptions with their traces, and what zstd's Java half needs for itself. */
    private static final long ALLOCATED_BESIDE_THE_OUTPUT = Protocol.MAX_PAYLOAD_BYTES + 256 * 1024;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** What the JVM and zstd load on the first calls is nobody's output. */
    @BeforeContainer
    static void everyPathIsWarm() {
        for (Arguments hostile : hostile().toList()) {
            byte[] frame = (byte[]) Objects.requireNonNull(hostile.get()[1]);
            assertThatThrownBy(() -> expand(frame)).isInstanceOf(ProtocolException.class);
        }
    }

    private static byte[] text(int size) {
        byte[] text = new byte[size];
        for (int i = 0; i < size; i++) {
            text[i] = (byte) "a line of what a program prints\n".charAt(i % 32);
        }
        return text;
    }

    private static Bytes expand(byte[] frame) throws ProtocolException {
        try (CompressedOutput output = new CompressedOutput()) {
            return output.expand(Bytes.view(frame));
        }
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 255, 256, 257, 1024, 65_535, 65_536})
    void whatWasCompressedComesOut(int size) throws ProtocolException {
        assertThat(expand(Zstd.compress(text(size), 1))).isEqualTo(Bytes.view(text(size)));
    }

    @Test
    void oneFrameAfterTheOtherStaysAsItWas() throws ProtocolException {
        try (CompressedOutput output = new CompressedOutput()) {
            Bytes first = output.expand(Bytes.view(Zstd.compress(text(50_000))));
            output.expand(Bytes.view(Zstd.compress("something else".getBytes(US_ASCII))));

            assertThat(first).isEqualTo(Bytes.view(text(50_000)));
        }
    }

    /** The golden frame of 65,536 times the same byte. */
    @Test
    void aSmallFrameMayBecomeAsMuchAsAFrameMayBring() throws ProtocolException {
        assertThat(expand(hex("28b52ffd6000ff03000878")))
                .isEqualTo(Bytes.view("x".repeat(Protocol.MAX_PAYLOAD_BYTES).getBytes(US_ASCII)));
    }

    static Stream<Arguments> hostile() {
        byte[] good = Zstd.compress(text(5000), 1);
        byte[] more = joined(good, Zstd.compress(text(5000), 1));
        byte[] skippable = joined(good, hex("502a4d180400000061626364"));
        byte[] legacy = joined(good, hex("27b52ffd0000000000"));
        byte[] flipped = good.clone();
        flipped[good.length - 1] ^= 0x55;
        return Stream.of(
                Arguments.of("nothing but a byte", new byte[1], "no zstd frame"),
                Arguments.of("noise", text(5000), "no zstd frame"),
                Arguments.of("a header and no more", hex("28b52ffd6000ff"), "broken"),
                Arguments.of("a size that the header lacks", hex("28b52ffd60"), "no zstd frame"),
                Arguments.of("half a frame", Arrays.copyOf(good, good.length / 2), "broken"),
                Arguments.of("other bits in the body", flipped, ""),
                Arguments.of("a byte more than fits", Zstd.compress(text(65_537), 1), "65537 bytes, not 1 to 65536"),
                Arguments.of("a gigabyte in a few bytes", hex("28b52ffda000000040" + "02000061"), "1073741824 bytes"),
                Arguments.of("a size of 64 bits", hex("28b52ffde0ffffffffffffff7f" + "02000061"), "not 1 to 65536"),
                Arguments.of("no bytes", Zstd.compress(new byte[0]), "0 bytes, not 1 to 65536"),
                Arguments.of("more than it says", hex("28b52ffd20012b000078"), "broken"),
                Arguments.of("less than it says", hex("28b52ffd20640b000078"), "broken"),
                Arguments.of("a window of 2 GiB", hex("28b52ffd00a8" + "0b000078"), "no zstd frame"),
                Arguments.of("a window beside its size", hex("28b52ffd40a800ff" + "03000878"), "no zstd frame"),
                Arguments.of("a dictionary", hex("28b52ffd210701" + "0b000078"), "no zstd frame"),
                Arguments.of("a checksum", checksummed(), "no zstd frame"),
                Arguments.of("two frames", more, "bytes after it"),
                Arguments.of("a skippable frame alone", hex("502a4d180400000061626364"), "no zstd frame"),
                Arguments.of("a skippable frame after it", skippable, "bytes after it"),
                Arguments.of("a frame of zstd 0.7 alone", hex("27b52ffd0000000000"), "no zstd frame"),
                Arguments.of("a frame of zstd 0.7 after it", legacy, "bytes after it"),
                Arguments.of("a reserved kind of block", hex("28b52ffd20010f000078"), "broken"));
    }

    private static byte[] checksummed() {
        try (ZstdCompressCtx encoder = new ZstdCompressCtx()) {
            return encoder.setChecksum(true).compress(text(5000));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostile")
    void whatIsNotTheOneFormIsRefused(String what, byte[] frame, String words) {
        assertThatThrownBy(() -> expand(frame))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("compressed output")
                .hasMessageContaining(words);
    }

    /** Bits of good frames changed: whatever comes of it is bounded, and nothing else than bytes or a refusal. */
    @Property(tries = 3000)
    void damagedFramesAreBytesOrRefusedAndNeverTakeMoreThanTheyMay(
            @ForAll @IntRange(min = 1, max = Protocol.MAX_PAYLOAD_BYTES) int size, @ForAll long seed) {
        Random random = new Random(seed);
        byte[] plain = text(size);
        for (int i = random.nextInt(40); i > 0; i--) {
            plain[random.nextInt(size)] = (byte) random.nextInt();
        }
        byte[] frame = Zstd.compress(plain, 1);
        for (int i = random.nextInt(4); i > 0; i--) {
            frame[random.nextInt(random.nextBoolean() ? Math.min(16, frame.length) : frame.length)] ^=
                    (byte) (1 << random.nextInt(8));
        }
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            assertThat(expand(frame).size()).isBetween(1, Protocol.MAX_PAYLOAD_BYTES);
        } catch (ProtocolException e) {
            assertThat(e).hasMessageContaining("compressed output");
        }
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - before)
                .isLessThan(Protocol.MAX_PAYLOAD_BYTES + ALLOCATED_BESIDE_THE_OUTPUT);
    }
}
