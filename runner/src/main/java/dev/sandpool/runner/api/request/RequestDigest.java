package dev.sandpool.runner.api.request;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandpool.runner.sandbox.BulkInputStream;
import dev.sandpool.runner.sandbox.RunInput;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import org.apache.commons.codec.digest.DigestUtils;
import org.jspecify.annotations.Nullable;

/**
 * Computes a digest of a request while its bytes pass. Two requests with the same digest are the same: options, files,
 * program and standard input. Different threads read these, one after the other.
 */
public final class RequestDigest {
    private final MessageDigest digest = DigestUtils.getSha256Digest();
    private long bytes;
    private long most = Long.MAX_VALUE;
    private boolean isWhole;

    /** Thrown when there are more bytes than in the request that this one is compared with. */
    private static final class OtherRequestException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    public RequestDigest(RunOptions options) {
        options.words().forEach(this::add);
    }

    /** Returns the same input, whose bytes enter the digest. */
    public RunInput of(RunInput input) {
        return new Seen(input);
    }

    /**
     * Reads the input of a request that is not run, but no more bytes than the request that it may repeat had.
     *
     * @param value the digest of that request
     * @return the digest of this one; empty if it has more bytes
     */
    public Optional<byte[]> readWhole(RunInput input, byte[] value) throws IOException {
        synchronized (this) {
            most = ByteBuffer.wrap(value).getLong();
        }
        RunInput seen = of(input);
        try {
            for (var file = seen.nextFile(); file != null; file = seen.nextFile()) {
                file.content().transferTo(OutputStream.nullOutputStream());
            }
            seen.program().transferTo(OutputStream.nullOutputStream());
            if (seen.mayHaveStandardInput()) {
                seen.standardInput().transferTo(OutputStream.nullOutputStream());
            }
        } catch (OtherRequestException e) {
            return Optional.empty();
        }
        return value();
    }

    /**
     * Returns the number of bytes of the input and a hash of everything; empty if the input was not read to its end.
     * Call it once, at the end.
     */
    public synchronized Optional<byte[]> value() {
        return isWhole
                ? Optional.of(ByteBuffer.allocate(Long.BYTES + digest.getDigestLength())
                        .putLong(bytes)
                        .put(digest.digest())
                        .array())
                : Optional.empty();
    }

    /** Adds a word with its length, so that no two lists have the same encoding. */
    private synchronized void add(String word) {
        byte[] text = word.getBytes(UTF_8);
        digest.update((text.length + ":").getBytes(UTF_8));
        digest.update(text);
    }

    private synchronized void count(int more) throws OtherRequestException {
        bytes += more;
        if (bytes > most) {
            throw new OtherRequestException();
        }
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
            return new WorkingFile(file.path(), file.executable(), new Watched(file.content(), file.path(), false));
        }

        @Override
        public InputStream program() throws IOException {
            add("program");
            return new Watched(input.program(), "program", !input.mayHaveStandardInput());
        }

        @Override
        public boolean mayHaveStandardInput() {
            return input.mayHaveStandardInput();
        }

        @Override
        public InputStream standardInput() throws IOException {
            InputStream standardInput = input.standardInput();
            if (standardInput instanceof ByteArrayInputStream) {
                // It comes from the options, so it counts whether or not the program reads it.
                end();
                return standardInput;
            }
            add("stdin");
            return new Watched(standardInput, "stdin", true);
        }

        @Override
        public void stop() {
            input.stop();
        }
    }

    /**
     * A stream whose bytes enter the digest. At its end, once, its size and its own hash are added, so that bytes
     * cannot move between streams without changing the digest.
     */
    private final class Watched extends BulkInputStream {
        private final InputStream in;
        private final String name;
        private final boolean isLast;
        private final MessageDigest own = DigestUtils.getSha256Digest();
        private long size;
        private boolean ended;

        Watched(InputStream in, String name, boolean isLast) {
            this.in = in;
            this.name = name;
            this.isLast = isLast;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int read = in.read(into, offset, length);
            if (read >= 0) {
                count(read);
                size += read;
                own.update(into, offset, read);
            } else if (!ended) {
                ended = true;
                add(name + " " + size + " " + HexFormat.of().formatHex(own.digest()));
                if (isLast) {
                    end();
                }
            }
            return read;
        }

        @Override
        public int available() throws IOException {
            return in.available();
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
