package dev.sandpool.runner;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sandpool.runner.sandbox.AskedLimits;
import dev.sandpool.runner.sandbox.RunInput;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.io.input.ObservableInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Tells by the bytes that go by whether two requests ask for the same: options, files, program and standard input. These are read by
 * different threads, one after the other.
 */
final class RunDigest {
    private final MessageDigest digest = DigestUtils.getSha256Digest();
    private boolean isWhole;

    RunDigest(RunOptions options) {
        add("options");
        options.arguments().forEach(this::add);
        add("environment");
        new TreeMap<>(options.environment()).forEach((name, value) -> add(name + "=" + value));
        AskedLimits asked = options.asked();
        add(asked.toString());
        add(options.interleaved() ? "interleaved" : "apart");
        options.standardInput().ifPresent(text -> add(HexFormat.of().formatHex(text)));
    }

    /** The same input, whose bytes are seen. */
    RunInput of(RunInput input) {
        return new Seen(input);
    }

    /** Reads the input of a request that is not run. */
    Optional<byte[]> readWhole(RunInput input) throws IOException {
        RunInput seen = of(input);
        for (var file = seen.nextFile(); file != null; file = seen.nextFile()) {
            file.content().transferTo(OutputStream.nullOutputStream());
        }
        seen.program().transferTo(OutputStream.nullOutputStream());
        if (seen.mayHaveStandardInput()) {
            seen.standardInput().transferTo(OutputStream.nullOutputStream());
        }
        return value();
    }

    /** Called once, at the end; empty if the input was not read to its end, since then nobody knows what it was. */
    synchronized Optional<byte[]> value() {
        return isWhole ? Optional.of(digest.digest()) : Optional.empty();
    }

    /** With its length, so that no two lists look alike. */
    private synchronized void add(String word) {
        byte[] bytes = word.getBytes(ISO_8859_1);
        digest.update((bytes.length + ":").getBytes(ISO_8859_1));
        digest.update(bytes);
    }

    private synchronized void add(byte[] bytes, int offset, int length) {
        digest.update(bytes, offset, length);
    }

    private synchronized void end() {
        isWhole = true;
    }

    private final class Seen implements RunInput {
        private final RunInput input;

        Seen(RunInput input) {
            this.input = input;
        }

        @Override
        public @Nullable WorkingFile nextFile() throws IOException {
            WorkingFile file = input.nextFile();
            if (file == null) {
                return null;
            }
            add(file.path());
            add(file.executable() ? "file, executable" : "file");
            return new WorkingFile(file.path(), file.executable(), watched(file.content(), file.path(), false));
        }

        @Override
        public InputStream program() throws IOException {
            add("program");
            return watched(input.program(), "program", !input.mayHaveStandardInput());
        }

        @Override
        public boolean mayHaveStandardInput() {
            return input.mayHaveStandardInput();
        }

        @Override
        public InputStream standardInput() throws IOException {
            InputStream standardInput = input.standardInput();
            if (standardInput instanceof ByteArrayInputStream) {
                // Said in the options, whether or not the program reads it.
                end();
                return standardInput;
            }
            add("stdin");
            return watched(standardInput, "stdin", true);
        }

        @Override
        public void stop() {
            input.stop();
        }
    }

    /** What is read from it is seen; its end is marked by its length, once. */
    private InputStream watched(InputStream in, String name, boolean isLast) {
        return new ObservableInputStream(in, new ObservableInputStream.Observer() {
            private long count;
            private boolean ended;

            @Override
            public void data(int value) {
                data(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void data(byte[] bytes, int offset, int length) {
                count += length;
                add(bytes, offset, length);
            }

            @Override
            public void finished() {
                if (ended) {
                    return;
                }
                ended = true;
                add(name + " " + count);
                if (isLast) {
                    end();
                }
            }
        });
    }
}
