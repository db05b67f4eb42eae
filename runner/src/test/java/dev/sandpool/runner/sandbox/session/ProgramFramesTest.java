package dev.sandpool.runner.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameReader;
import dev.sandpool.protocol.FrameWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramFramesTest {
    private static final int MOST = 65_536;

    private static byte[] text() {
        byte[] text = new byte[MOST];
        for (int i = 0; i < MOST; i++) {
            text[i] = (byte) (i % 71);
        }
        return text;
    }

    private static byte[] noise() {
        byte[] noise = new byte[MOST];
        new Random(1).nextBytes(noise);
        return noise;
    }

    /** What goes down of the first bytes of a buffer. */
    private static Frame.Down sent(boolean mayCompress, byte[] buffer, int length) throws IOException {
        var down = new ByteArrayOutputStream();
        try (ProgramFrames frames = new ProgramFrames(new FrameWriter(down), mayCompress)) {
            frames.write(buffer, length);
        }
        FrameReader<Frame.Down> reader = FrameReader.down(new ByteArrayInputStream(down.toByteArray()));
        Frame.Down frame = reader.read();
        assertThat(reader.read()).isNull();
        assertThat(frame).isNotNull();
        return frame == null ? new Frame.Kill() : frame;
    }

    @ParameterizedTest
    @ValueSource(ints = {1024, 1025, 50_000, MOST})
    void whatBecomesSmallerIsCompressedInTheOneForm(int length) throws IOException {
        assertThat(sent(true, text(), length)).isInstanceOfSatisfying(Frame.ProgramZstd.class, program -> {
            byte[] frame = program.bytes().toByteArray();
            assertThat(frame[4] & 0x3f)
                    .as("single segment, no checksum, no dictionary")
                    .isEqualTo(0x20);
            assertThat(Zstd.getFrameContentSize(frame)).isEqualTo(length);
            assertThat(Zstd.decompress(frame, length)).isEqualTo(Arrays.copyOf(text(), length));
        });
    }

    @Test
    void whatIsShortOrNoSmallerGoesAsItIs() throws IOException {
        assertThat(sent(true, text(), 1023)).isEqualTo(new Frame.Program(Bytes.view(text(), 0, 1023)));
        assertThat(sent(true, noise(), MOST)).isEqualTo(new Frame.Program(Bytes.view(noise())));
    }

    @Test
    void nothingIsCompressedForWhoeverCannotExpandIt() throws IOException {
        assertThat(sent(false, text(), MOST)).isEqualTo(new Frame.Program(Bytes.view(text())));
    }
}
