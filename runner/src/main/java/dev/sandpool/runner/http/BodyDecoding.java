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

/** The codings that a request body may come in. What comes out has no bound of its own: whoever reads it counts. */
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

    /** For {@code Accept-Encoding} in the answer to a coding that is none of them. */
    public static final String ACCEPTED = "gzip, zstd";

    /**
     * Of a {@code Content-Encoding} header. Several codings one over the other are none that is known.
     *
     * @return empty if it is none of ours
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
     * The bytes that were meant. What cannot be decoded fails with a {@link CorruptBodyException}, while a failure of {@code encoded} comes
     * through as it is.
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
            // Nothing is held.
        }
    }

    /** zstd's own decoder, with a bound on the memory that a client can make it take. */
    private static final class ZstdBody extends DecodedBody {
        // 8 MiB of window: what all levels but the ultra ones need, and RFC 9659 allows for HTTP. Of it only that is
        // touched which was decoded already, so a request that still waits for its turn holds little.
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
                        "the body is not whole or not zstd with a window of 8 MiB: " + e.getMessage(), e);
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
