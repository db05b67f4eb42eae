package dev.sandpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class FrameReaderTest {
    static List<GoldenFrame> good() {
        return GoldenFrame.good();
    }

    static List<GoldenFrame> refused() {
        return GoldenFrame.refused();
    }

    @ParameterizedTest
    @MethodSource("good")
    void oneByteAtATimeGivesTheSameFrame(GoldenFrame golden) throws IOException {
        FrameReader<? extends Frame> reader = golden.reader(oneByteAtATime(golden.bytes()));

        assertThat(reader.read()).isNotNull().isEqualTo(golden.reader().read());
        assertThat(reader.read()).isNull();
    }

    @ParameterizedTest
    @MethodSource("refused")
    void oneByteAtATimeIsRefusedTheSame(GoldenFrame golden) {
        assertThatThrownBy(() -> golden.reader(oneByteAtATime(golden.bytes())).read())
                .isInstanceOf(ProtocolException.class);
    }

    @ParameterizedTest
    @MethodSource("good")
    void everyTruncationIsRefused(GoldenFrame golden) throws IOException {
        assertThat(golden.reader(InputStream.nullInputStream()).read()).isNull();
        for (int size = 1; size < golden.bytes().size(); size++) {
            Bytes truncated = golden.bytes().slice(0, size);
            assertThatThrownBy(() -> golden.reader(oneByteAtATime(truncated)).read())
                    .as("the first %d bytes", size)
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageStartingWith("the stream ended");
        }
    }

    /** Here the header is honest about the shorter payload, so it is the fields that end too early. */
    @ParameterizedTest
    @MethodSource("good")
    void everyTruncatedPayloadIsAFrameOfThatSizeOrRefused(GoldenFrame golden) throws IOException {
        for (int size = 0; size < golden.bytes().size() - Protocol.HEADER_BYTES; size++) {
            byte[] bytes = golden.bytes().slice(0, Protocol.HEADER_BYTES + size).toByteArray();
            ByteBuffer.wrap(bytes).putInt(1, size);
            FrameReader<? extends Frame> reader = golden.reader(new ByteArrayInputStream(bytes));
            try {
                assertThat(encoded(reader)).isEqualTo(bytes);
            } catch (ProtocolException e) {
                assertThat(e).hasMessageNotContaining("the stream ended");
            }
        }
    }

    @Test
    void framesThatComeAtOnceAreReadOneByOne() throws IOException {
        List<GoldenFrame> up =
                GoldenFrame.good().stream().filter(GoldenFrame::up).toList();
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (GoldenFrame golden : up) {
            golden.bytes().writeTo(stream::write);
        }

        FrameReader<Frame.Up> reader = FrameReader.up(new ByteArrayInputStream(stream.toByteArray()));

        for (GoldenFrame golden : up) {
            assertThat(reader.read())
                    .isNotNull()
                    .extracting(FrameText::of)
                    .isEqualTo(golden.text().orElseThrow());
        }
        assertThat(reader.read()).isNull();
    }

    @Test
    void nothingIsReadBeyondTheFrame() throws IOException {
        InputStream in = new ByteArrayInputStream(new byte[] {0x06, 0, 0, 0, 0, 'x'});

        assertThat(FrameReader.down(in).read()).isEqualTo(new Frame.Kill());
        assertThat(in.read()).isEqualTo('x');
    }

    @Test
    void aFrameStaysAsItIsWhenTheNextIsRead() throws IOException {
        FrameReader<Frame.Up> reader = FrameReader.up(
                new ByteArrayInputStream(new byte[] {(byte) 0x83, 0, 0, 0, 1, 'a', (byte) 0x83, 0, 0, 0, 1, 'b'}));

        Frame first = reader.read();
        Frame second = reader.read();

        assertThat(first).isEqualTo(new Frame.Stdout(Bytes.utf8("a")));
        assertThat(second).isEqualTo(new Frame.Stdout(Bytes.utf8("b")));
    }

    @Test
    void theLargestPayloadIsReadWhole() throws IOException {
        byte[] payload = new byte[Protocol.MAX_PAYLOAD_BYTES];
        new Random(1).nextBytes(payload);
        byte[] bytes = ByteBuffer.allocate(Protocol.HEADER_BYTES + payload.length)
                .put((byte) 0x83)
                .putInt(payload.length)
                .put(payload)
                .array();

        assertThat(FrameReader.up(oneByteAtATime(Bytes.view(bytes))).read())
                .isEqualTo(new Frame.Stdout(Bytes.view(payload)));
    }

    /** The words are for the person who reads the log of a lost sandbox. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    refused-type-14                         | unknown frame type 0x0e
                    refused-stdout-down                     | STDOUT in the wrong direction
                    refused-stdout-of-4294967295-bytes      | STDOUT of 4294967295 bytes, at most 65536
                    refused-ping-of-65-bytes                | PING of 65 bytes, at most 64
                    refused-end-after-type                  | the stream ended inside a frame's header
                    refused-end-inside-stdout               | the stream ended after 4 of the 65536 bytes of STDOUT
                    refused-start-flag-128                  | START with reserved flags 0x80
                    refused-start-kill-before-interrupt     | START: killAfter PT4.749S is before interruptAfter PT4.75S
                    refused-start-nul-in-argument           | START: argument 2 contains a NUL byte
                    refused-start-last-byte-missing         | START ends inside a field
                    refused-start-without-counts            | START of 69 bytes, at least 73
                    refused-stdout-empty                    | STDOUT of 0 bytes, at least 1
                    refused-start-trailing-byte             | START has 1 byte after its last field
                    refused-hello-version-513               | HELLO of version 513, not 3
                    refused-hello-65-facts                  | HELLO with 65 facts, at most 64
                    refused-hello-fact-twice                | HELLO has a fact twice
                    refused-hello-key-not-utf-8             | HELLO: not UTF-8: 1 bytes ff
                    refused-exit-outcome-10                 | EXIT: unknown outcome 10
                    refused-file-mode-0777                  | FILE of mode 0777, not 0644 or 0755
                    refused-file-absolute-path              | FILE: file path "/etc/passwd" has an empty component, or one that is . or ..
                    refused-file-path-with-newline          | FILE: file path "a?b" contains a control character
                    refused-file-path-of-the-program        | FILE: file path "play" begins with play, which is the program
                    refused-launcher-relative               | PROGRAM_END: the launcher's first part is not an absolute path
                    refused-launcher-with-nul               | PROGRAM_END: part of the launcher 2 contains a NUL byte
                    refused-signal-32                       | SIGNAL: signal 32 is not between 1 and 31
                    refused-exit-code-with-timed-out        | EXIT: exitCode 1 with outcome timed-out
                    refused-exit-wall-of-2-to-the-64-less-1 | EXIT with the integer 18446744073709551615, over 2^63 - 1
                    """)
    void aRefusalSaysWhatIsWrong(String name, String words) {
        GoldenFrame golden = GoldenFrame.refused().stream()
                .filter(frame -> frame.name().equals(name))
                .findAny()
                .orElseThrow();

        assertThatThrownBy(() -> golden.reader().read()).hasMessage(words);
    }

    @Test
    void whatTheStreamThrowsGoesThrough() {
        IOException broken = new IOException("connection reset");
        InputStream in = new InputStream() {
            @Override
            public int read() throws IOException {
                throw broken;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                throw broken;
            }
        };

        assertThatThrownBy(() -> FrameReader.up(in).read()).isSameAs(broken);
    }

    private static byte[] encoded(FrameReader<? extends Frame> reader) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new FrameWriter(out).write(Objects.requireNonNull(reader.read()));
        return out.toByteArray();
    }

    static InputStream oneByteAtATime(Bytes bytes) {
        return new ByteArrayInputStream(bytes.toByteArray()) {
            @Override
            public synchronized int read(byte[] target, int offset, int length) {
                return super.read(target, offset, Math.min(length, 1));
            }

            @Override
            public int readNBytes(byte[] target, int offset, int length) {
                int done = 0;
                int got = 0;
                while (done < length && got >= 0) {
                    got = read(target, offset + done, length - done);
                    done += Math.max(got, 0);
                }
                return done;
            }
        };
    }
}
