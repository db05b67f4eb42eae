package dev.sandpool.runner.api;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.sandpool.runner.run.OutputSpool;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The JSON of a response, byte for byte as Go's {@code json.MarshalIndent(response, "", " ")} writes it. The two
 * streams are encoded while they are written, so that no response is in memory whole.
 */
final class PlaygroundResponse {
    // A multiple of 3, so that only the last block has padding.
    private static final int BLOCK = 48 * 1024;

    private static final String TIMEOUT = "timeout running program";
    // The original backend does not use the shell's 128 + signal: any signal is Go's ExitCode -1, in eight bits.
    private static final int BY_SIGNAL = 255;
    // The exit code of a container that ran out of memory. Without a line in stderr: a frontend of the original would
    // take "out of memory" there as its own failure, and show an error instead of the output.
    private static final int BY_MEMORY = 137;

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

    /**
     * Creates the response of a run that ended, whose output the frontend shows.
     *
     * @throws IOException if there is no room for the line that is added to the output
     */
    static PlaygroundResponse of(RunResult result, OutputSpool output) throws IOException {
        return switch (result) {
            case RunResult.Exited exited -> ran(exited.code(), "", output);
            case RunResult.Signalled _ -> ran(BY_SIGNAL, "", output);
            // A frontend of the original knows only one kind of timeout.
            case RunResult.TimedOut _, RunResult.CpuTimeExceeded _ -> ran(1, TIMEOUT + "\n", output);
            case RunResult.OutOfMemory _ -> ran(BY_MEMORY, "", output);
            case RunResult.FailedToStart failed -> ran(1, failed.message() + "\n", output);
            case RunResult.Unanswered _ -> failed(TIMEOUT);
            case RunResult.OutputTooLarge _ -> failed("Output too large");
            case RunResult.ProgramTooLarge _,
                    RunResult.FilesTooLarge _,
                    RunResult.OutputFilesUnsupported _,
                    RunResult.UploadFailed _,
                    RunResult.Cancelled _,
                    RunResult.SandboxLost _ ->
                throw new IllegalArgumentException("there is nothing to show of " + result.outcome());
        };
    }

    /** @param line a line that is added after the program's standard error */
    private static PlaygroundResponse ran(int exitCode, String line, OutputSpool output) throws IOException {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        output.write(StandardStream.STDERR, bytes, 0, bytes.length);
        return new PlaygroundResponse("", exitCode, output);
    }

    private static PlaygroundResponse failed(String error) {
        return new PlaygroundResponse(error, 0, null);
    }

    long length() {
        long streams = output == null
                ? 0
                : encoded(output.bytes(StandardStream.STDOUT)) + encoded(output.bytes(StandardStream.STDERR));
        return beforeStdout.length + BETWEEN.length + AFTER.length + streams;
    }

    void writeTo(OutputStream to) throws IOException {
        to.write(beforeStdout);
        write(StandardStream.STDOUT, to);
        to.write(BETWEEN);
        write(StandardStream.STDERR, to);
        to.write(AFTER);
    }

    private void write(StandardStream stream, OutputStream to) throws IOException {
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

    /** Encodes base64 in blocks. Does not close its target. */
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

        /** Begins with a short block, which is enough for most streams. */
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
