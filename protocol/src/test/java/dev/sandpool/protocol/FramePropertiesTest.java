package dev.sandpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Without the edge cases of whole frames, which are too many to combine: the golden frames have the edges. */
class FramePropertiesTest {
    /** For the decoded form of the payload, and exceptions with their traces. */
    private static final long ALLOCATED_BESIDE_THE_PAYLOAD = 256 * 1024;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** What the JVM loads and links on the first calls is not the reader's. */
    @BeforeContainer
    static void everyPathIsWarm() throws IOException {
        for (GoldenFrame golden : GoldenFrame.all()) {
            try {
                golden.reader().read();
            } catch (ProtocolException _) {
                // What is refused is FrameReaderTest's matter.
            }
        }
    }

    @Provide
    Arbitrary<List<Frame.Down>> downFrames() {
        return FrameArbitraries.down().list().ofMaxSize(5);
    }

    @Provide
    Arbitrary<List<Frame.Up>> upFrames() {
        return FrameArbitraries.up().list().ofMaxSize(5);
    }

    @Provide
    Arbitrary<byte[]> hostileStreams() {
        return FrameArbitraries.hostileStreams();
    }

    @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
    void whatARunnerWritesIsRead(@ForAll("downFrames") List<Frame.Down> frames) throws IOException {
        assertRead(FrameReader.down(written(frames)), frames);
        assertRead(
                FrameReader.down(FrameReaderTest.oneByteAtATime(
                        Bytes.view(written(frames).readAllBytes()))),
                frames);
    }

    @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
    void whatContainedWritesIsRead(@ForAll("upFrames") List<Frame.Up> frames) throws IOException {
        assertRead(FrameReader.up(written(frames)), frames);
        assertRead(
                FrameReader.up(FrameReaderTest.oneByteAtATime(
                        Bytes.view(written(frames).readAllBytes()))),
                frames);
    }

    @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
    void textsReadAsTheFrames(@ForAll("downFrames") List<Frame.Down> down, @ForAll("upFrames") List<Frame.Up> up) {
        assertThat(down)
                .allSatisfy(frame ->
                        assertThat(FrameTextParser.parse(FrameText.of(frame))).isEqualTo(frame));
        assertThat(up)
                .allSatisfy(frame ->
                        assertThat(FrameTextParser.parse(FrameText.of(frame))).isEqualTo(frame));
    }

    @Property(tries = 5000)
    void anyBytesAreFramesOrTheEndOrRefused(@ForAll("hostileStreams") byte[] bytes) throws IOException {
        assertFramesOrTheEndOrRefused(FrameReader.up(new ByteArrayInputStream(bytes)), bytes);
        assertFramesOrTheEndOrRefused(FrameReader.down(new ByteArrayInputStream(bytes)), bytes);
    }

    /**
     * Frames that are accepted are written as the very bytes they were read from: there is one form only, and nothing
     * that a reader overlooks.
     */
    private static void assertFramesOrTheEndOrRefused(FrameReader<? extends Frame> reader, byte[] bytes)
            throws IOException {
        ByteArrayOutputStream accepted = new ByteArrayOutputStream();
        FrameWriter writer = new FrameWriter(accepted);
        // Every frame takes a header at least, so a reader that goes on after these is one that never ends.
        for (int i = 0; i <= bytes.length / Protocol.HEADER_BYTES; i++) {
            long allocatedBefore = THREADS.getCurrentThreadAllocatedBytes();
            try {
                Frame frame = reader.read();
                if (frame == null) {
                    assertThat(accepted.toByteArray()).isEqualTo(bytes);
                    return;
                }
                writer.write(frame);
            } catch (ProtocolException e) {
                assertThat(Arrays.copyOf(bytes, accepted.size())).isEqualTo(accepted.toByteArray());
                return;
            } finally {
                assertThat(THREADS.getCurrentThreadAllocatedBytes() - allocatedBefore)
                        .isLessThan(Protocol.MAX_PAYLOAD_BYTES + ALLOCATED_BESIDE_THE_PAYLOAD);
            }
        }
        throw new AssertionError("more frames than bytes");
    }

    private static InputStream written(List<? extends Frame> frames) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        FrameWriter writer = new FrameWriter(out);
        for (Frame frame : frames) {
            writer.write(frame);
        }
        return new ByteArrayInputStream(out.toByteArray());
    }

    private static void assertRead(FrameReader<? extends Frame> reader, List<? extends Frame> frames)
            throws IOException {
        for (Frame frame : frames) {
            assertThat(reader.read()).isEqualTo(frame);
        }
        assertThat(reader.read()).isNull();
    }
}
