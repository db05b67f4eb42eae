package dev.sandpool.runner.api;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.sandpool.runner.run.OutputSpool;
import dev.sandpool.runner.sandbox.Stream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The JSON of an answer, byte for byte as Go's {@code json.MarshalIndent(response, "", "  ")} writes it, with the two streams
 * encoded while they are written, so that no answer is in memory whole.
 */
final class PlaygroundResponse {
    // A multiple of 3: so no block but the last has padding, and blocks can follow each other.
    private static final int BLOCK = 48 * 1024;

    private static final byte[] BETWEEN = ascii("\",\n  \"stderr\": \"");
    private static final byte[] AFTER = ascii("\"\n}");

    private final String error;
    private final int exitCode;
    private final @Nullable OutputSpool output;
    private final byte[] beforeStdout;

    private PlaygroundResponse(String error, int exitCode, @Nullable OutputSpool output) {
        this.error = error;
        this.exitCode = exitCode;
        this.output = output;
        this.beforeStdout = ascii(head());
    }

    static PlaygroundResponse ran(int exitCode, OutputSpool output) {
        return new PlaygroundResponse("", exitCode, output);
    }

    static PlaygroundResponse failed(String error) {
        return new PlaygroundResponse(error, 0, null);
    }

    long length() {
        long streams = output == null ? 0 : encoded(output.bytes(Stream.STDOUT)) + encoded(output.bytes(Stream.STDERR));
        return beforeStdout.length + BETWEEN.length + AFTER.length + streams;
    }

    void writeTo(OutputStream to) throws IOException {
        to.write(beforeStdout);
        write(Stream.STDOUT, to);
        to.write(BETWEEN);
        write(Stream.STDERR, to);
        to.write(AFTER);
    }

    private void write(Stream stream, OutputStream to) throws IOException {
        if (output != null) {
            var encoder = new Encoder(to);
            output.copyTo(encoder, stream);
            encoder.finish();
        }
    }

    private String head() {
        var head = new StringBuilder("{\n");
        if (!error.isEmpty()) {
            head.append("  \"error\": \"");
            JsonStringEncoder.getInstance().quoteAsString(error, head);
            head.append("\",\n");
        }
        return head.append("  \"exitCode\": ")
                .append(exitCode)
                .append(",\n  \"stdout\": \"")
                .toString();
    }

    private static long encoded(long bytes) {
        return (bytes + 2) / 3 * 4;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Base64 by the block; does not close what it writes to. */
    private static final class Encoder extends OutputStream {
        private final OutputStream to;
        private byte[] block = {};
        private byte[] encoded = {};
        private int used;

        Encoder(OutputStream to) {
            this.to = to;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            int done = 0;
            while (done < length) {
                makeRoom(length - done);
                int count = Math.min(length - done, block.length - used);
                System.arraycopy(from, offset + done, block, used, count);
                used += count;
                done += count;
                if (used == BLOCK) {
                    emit(block);
                    used = 0;
                }
            }
        }

        void finish() throws IOException {
            emit(Arrays.copyOf(block, used));
            used = 0;
        }

        /** Short streams, the usual ones, get by with a short block. */
        private void makeRoom(int more) {
            if (used == block.length || (block.length < BLOCK && used + more > block.length)) {
                block = Arrays.copyOf(block, Math.min(BLOCK, Math.max(used + more, 64)));
            }
        }

        private void emit(byte[] bytes) throws IOException {
            int size = (int) encodedSize(bytes.length);
            if (encoded.length < size) {
                encoded = new byte[size];
            }
            Base64.getEncoder().encode(bytes, encoded);
            to.write(encoded, 0, size);
        }

        private static long encodedSize(int bytes) {
            return PlaygroundResponse.encoded(bytes);
        }
    }
}
