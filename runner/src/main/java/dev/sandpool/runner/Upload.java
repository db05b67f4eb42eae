package dev.sandpool.runner;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.BadRequestException;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;

/**
 * A program as its client sends it. Reading it fails with an {@link IOException} whatever the reason, and {@link #ending} tells
 * the reason.
 */
final class Upload extends InputStream {
    /** How an upload ended, so far. */
    enum Ending {
        NONE,
        /** Not well-formed chunks. */
        MALFORMED,
        /** The client went away. */
        BROKEN,
        /** Too slow: the run's time was up, or the first bytes did not come. */
        TOO_SLOW
    }

    // What a request must have sent before it may take a slot, or all if it has less.
    private static final int FIRST_BYTES = 64 * 1024;
    // A frontend gives up after 5 seconds, and who can't send 64 KiB in that time can't send a program.
    private static final Duration FIRST_BYTES_TIME = Duration.ofSeconds(5);

    private final InputStream body;
    private final ClientBytes client;
    private byte[] first = {};
    private int firstAt;
    private long count;
    private Ending ending = Ending.NONE;

    Upload(InputStream body, ClientBytes client) {
        this.body = body;
        this.client = client;
    }

    /** Waits until the client has shown that it sends: so one that stalls before holds up nobody. */
    void awaitFirstBytes() throws IOException {
        client.waitUntil(System.nanoTime() + FIRST_BYTES_TIME.toNanos());
        byte[] buffer = new byte[FIRST_BYTES];
        int length = 0;
        while (length < buffer.length) {
            int read = readBody(buffer, length, buffer.length - length);
            if (read < 0) {
                break;
            }
            length += read;
        }
        first = length == buffer.length ? buffer : Arrays.copyOf(buffer, length);
    }

    /** From here on the whole upload may take so long. */
    void mustEndWithin(Duration time) {
        client.waitUntil(System.nanoTime() + time.toNanos());
    }

    Ending ending() {
        return ending;
    }

    /** Bytes that came, at least. */
    long count() {
        return count;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (firstAt < first.length) {
            int read = Math.min(length, first.length - firstAt);
            System.arraycopy(first, firstAt, into, offset, read);
            firstAt += read;
            return read;
        }
        return readBody(into, offset, length);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /** What can be had without waiting, so that a reader can gather a piece that is worth sending. */
    @Override
    public int available() {
        if (firstAt < first.length) {
            return first.length - firstAt;
        }
        return client.isReady() ? 1 : 0;
    }

    private int readBody(byte[] into, int offset, int length) throws IOException {
        try {
            int read = body.read(into, offset, length);
            count += Math.max(read, 0);
            return read;
        } catch (UploadStoppedException e) {
            throw failed(Ending.TOO_SLOW, e);
        } catch (RequestException | BadRequestException e) {
            throw failed(Ending.MALFORMED, e);
        } catch (DataReader.InsufficientDataAvailableException | CloseConnectionException e) {
            throw failed(Ending.BROKEN, e);
        }
    }

    private IOException failed(Ending how, RuntimeException cause) {
        ending = how;
        return new IOException(cause.getMessage(), cause);
    }
}
