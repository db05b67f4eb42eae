package dev.sandpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class FrameWriterTest {
    private final RecordingStream out = new RecordingStream();
    private final FrameWriter writer = new FrameWriter(out);

    @Test
    void eachFrameIsOneWriteAndThenAFlush() throws IOException {
        writer.write(new Frame.Ping(Bytes.utf8("hi")));
        writer.write(new Frame.Kill());
        writer.write(new Frame.Stdin(Bytes.view(new byte[Protocol.MAX_PAYLOAD_BYTES])));

        assertThat(out.calls)
                .startsWith("write 07000000026869", "flush", "write 0600000000", "flush")
                .hasSize(6)
                .endsWith("flush");
        assertThat(out.calls.get(4)).startsWith("write 0400010000").hasSize("write ".length() + 2 * (5 + 65_536));
    }

    @Test
    void aViewIsWrittenFromItsOffset() throws IOException {
        writer.write(new Frame.Program(Bytes.view(new byte[] {1, 2, 3, 4}, 1, 2)));

        assertThat(out.calls).containsExactly("write 02000000020203", "flush");
    }

    @Test
    void aProgramIsWrittenInFramesOfTheLargestSize() throws IOException {
        byte[] program = new byte[3 + 2 * Protocol.MAX_PAYLOAD_BYTES + 5];
        new Random(1).nextBytes(program);
        ByteArrayOutputStream stream = new ByteArrayOutputStream();

        new FrameWriter(stream).writeProgram(program, 3, program.length - 3);

        FrameReader<Frame.Down> reader = FrameReader.down(new ByteArrayInputStream(stream.toByteArray()));
        int at = 3;
        for (int size : new int[] {Protocol.MAX_PAYLOAD_BYTES, Protocol.MAX_PAYLOAD_BYTES, 5}) {
            assertThat(reader.read()).isEqualTo(new Frame.Program(Bytes.view(program, at, size)));
            at += size;
        }
        assertThat(reader.read()).isNull();
    }

    @Test
    void anEmptyPartOfAProgramIsNoFrame() throws IOException {
        writer.writeProgram(new byte[4], 4, 0);

        assertThat(out.calls).isEmpty();
    }

    @Test
    void aPartOutsideTheArrayIsRefusedBeforeAnythingIsWritten() {
        assertThatThrownBy(() -> writer.writeProgram(new byte[4], 2, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(out.calls).isEmpty();
    }

    @Test
    void framesOfManyThreadsDoNotMix() throws Exception {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        FrameWriter shared = new FrameWriter(stream);
        int writers = 4;
        int framesEach = 200;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                byte[] payload = new byte[1 + 100 * i];
                Arrays.fill(payload, (byte) i);
                tasks.add(() -> {
                    for (int n = 0; n < framesEach; n++) {
                        shared.write(new Frame.Program(Bytes.view(payload)));
                    }
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        }

        FrameReader<Frame.Down> reader = FrameReader.down(new ByteArrayInputStream(stream.toByteArray()));
        int[] seen = new int[writers];
        Frame frame = reader.read();
        while (frame instanceof Frame.Program(Bytes bytes)) {
            int i = bytes.toByteArray()[0];
            byte[] expected = new byte[1 + 100 * i];
            Arrays.fill(expected, (byte) i);
            assertThat(bytes).isEqualTo(Bytes.view(expected));
            seen[i]++;
            frame = reader.read();
        }
        assertThat(frame).isNull();
        assertThat(seen).containsOnly(framesEach);
    }

    /** Remembers the calls, since each becomes a message. */
    private static final class RecordingStream extends OutputStream {
        private final List<String> calls = new ArrayList<>();

        @Override
        public void write(int b) {
            calls.add("write " + HexFormat.of().toHexDigits((byte) b));
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            calls.add("write " + HexFormat.of().formatHex(bytes, offset, offset + length));
        }

        @Override
        public void flush() {
            calls.add("flush");
        }
    }
}
