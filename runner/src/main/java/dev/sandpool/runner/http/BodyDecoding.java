package dev.sandpool.runner.http;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.sandpool.runner.run.CorruptBodyException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The content codings of request bodies. The decoded size has no limit here; the reader has to enforce one. */
public enum BodyDecoding {
    IDENTITY {
        @Override
        public DecodedBody decode(InputStream encoded) {
            return new PlainBody(encoded);
        }
    },
    GZIP {
        @Override
        public DecodedBody decode(InputStream encoded) {
            return new GzipBody(encoded);
        }
    },
    ZSTD {
        @Override
        public DecodedBody decode(InputStream encoded) {
            return new ZstdBody(IDENTITY.decode(encoded));
        }
    };

    /** The value of {@code Accept-Encoding} in the response to an unsupported coding. */
    public static final String ACCEPTED = "gzip, zstd";

    /**
     * Returns the coding that a {@code Content-Encoding} header names. A combination of several codings is not
     * supported.
     *
     * @return empty if the coding is not supported
     */
    public static Optional<BodyDecoding> of(Optional<String> contentEncoding) {
        return switch (contentEncoding.orElse("").strip().toLowerCase(Locale.ROOT)) {
            case "", "identity" -> Optional.of(IDENTITY);
            case "gzip", "x-gzip" -> Optional.of(GZIP);
            case "zstd" -> Optional.of(ZSTD);
            default -> Optional.empty();
        };
    }

    /**
     * Returns the decoded bytes. Invalid data throws a {@link CorruptBodyException}; a failure of {@code encoded} is
     * thrown unchanged.
     */
    public abstract DecodedBody decode(InputStream encoded);

    private static final class PlainBody extends DecodedBody {
        private final InputStream encoded;

        private PlainBody(InputStream encoded) {
            this.encoded = encoded;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return encoded.read(into, offset, length);
        }

        @Override
        public int available() throws IOException {
            return encoded.available();
        }

        @Override
        public void close() {
            // There is nothing to release.
        }
    }

    /** The decoder of zstd, with a limit on the memory that a client can make it use. */
    private static final class ZstdBody extends DecodedBody {
        // A window of 8 MiB: all levels except the ultra ones need at most that, and RFC 9659 allows it for HTTP. Only
        // the part that was decoded already uses memory, so a waiting request holds little.
        private static final int LARGEST_WINDOW_LOG = 23;

        private final InputStream encoded;
        private @Nullable ZstdInputStreamNoFinalizer decoder;

        private ZstdBody(InputStream encoded) {
            this.encoded = encoded;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, into.length);
            try {
                return decoder().read(into, offset, length);
            } catch (ZstdIOException e) {
                throw new CorruptBodyException(
                        "the body is incomplete or not zstd with a window of 8 MiB: " + e.getMessage(), e);
            }
        }

        @Override
        public int available() throws IOException {
            return encoded.available();
        }

        private ZstdInputStreamNoFinalizer decoder() throws IOException {
            var now = decoder;
            if (now == null) {
                now = new ZstdInputStreamNoFinalizer(encoded).setLongMax(LARGEST_WINDOW_LOG);
                decoder = now;
            }
            return now;
        }

        @Override
        public void close() {
            try {
                if (decoder != null) {
                    decoder.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
