package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.sandbox.BulkInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import org.apache.commons.io.output.UnsynchronizedByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The program as its client uploads it. A read fails with an {@link IOException} for any reason; {@link #ending}
 * returns the reason.
 */
public final class Upload extends BulkInputStream {
    // The bytes of one request that are kept, while there is memory, in case its sandbox is lost before the program
    // starts. A typical program fits.
    private static final int MOST_KEPT_BYTES = 4 * 1024 * 1024;

    /** How an upload has ended, so far. */
    enum Ending {
        NONE,
        /** The chunks are malformed, or the body does not match its declared encoding. */
        MALFORMED,
        /** The client disconnected. */
        BROKEN,
        /** Too slow: the time of the run was up, or the first bytes did not come. */
        TOO_SLOW
    }

    /** The memory of a waiting upload: its first bytes, what a connection reads ahead, and a few options. */
    public static final long BYTES_OF_ONE_WHO_WAITS = 256 * 1024;

    // The bytes that a request must have sent before it may take a slot, or all if it has fewer.
    private static final int FIRST_BYTES = 64 * 1024;
    // A frontend gives up after 5 seconds, and a client that cannot send 64 KiB in that time cannot send a program.
    private static final Duration FIRST_BYTES_TIME = Duration.ofSeconds(5);

    // A decoded body can be larger than what its client sends. After this many bytes without a wait, the thread yields
    // to others.
    private static final int TURN_BYTES = 1024 * 1024;

    private final InputStream body;
    private final long announcedBytes;
    private final RunClient client;
    private final MemoryBudget memory;
    // Bytes that were read from the client, to be read again before those that are still to come.
    private byte[] ahead = {};
    private int aheadAt;
    // It copies nothing when it grows.
    private @Nullable UnsynchronizedByteArrayOutputStream kept =
            UnsynchronizedByteArrayOutputStream.builder().get();
    private long borrowed;
    private long count;
    private long most = Long.MAX_VALUE;
    private long deadline;
    private boolean hasDeadline;
    private Ending ending = Ending.NONE;

    /** @param announcedBytes the size of the body as its client declared it; 0 if it did not */
    public Upload(InputStream body, long announcedBytes, RunClient client, MemoryBudget memory) {
        this.body = body;
        this.announcedBytes = announcedBytes;
        this.client = client;
        this.memory = memory;
    }

    long announcedBytes() {
        return announcedBytes;
    }

    RunClient client() {
        return client;
    }

    /**
     * Waits until the client has proved that it sends, so that a stalled client delays no other.
     *
     * @param trickles whether one read is enough
     */
    void awaitFirstBytes(boolean trickles) throws IOException {
        mustEndWithin(FIRST_BYTES_TIME);
        byte[] buffer = new byte[FIRST_BYTES];
        int length = 0;
        while (length < buffer.length) {
            int read = readBody(buffer, length, buffer.length - length);
            if (read < 0) {
                break;
            }
            length += read;
            if (trickles) {
                break;
            }
        }
        ahead = length == buffer.length ? buffer : Arrays.copyOf(buffer, length);
    }

    /** Returns whether all bytes that were read can be read again. */
    boolean isRepeatable() {
        return kept != null && ending == Ending.NONE;
    }

    /** Restarts the reading at the first byte. */
    void repeat() {
        if (kept == null) {
            throw new IllegalStateException("not all was kept");
        }
        ahead = kept.toByteArray();
        aheadAt = 0;
    }

    /** Stops the upload: no more of it is needed. From any thread. */
    public void stop() {
        forget();
        client.stop(new UploadStoppedException("nobody wants the rest of the request"));
    }

    @Override
    public void close() {
        forget();
    }

    /** Sets the time for the whole upload, from now on. */
    public void mustEndWithin(Duration time) {
        deadline = System.nanoTime() + time.toNanos();
        hasDeadline = true;
        client.waitUntil(deadline);
    }

    /** Sets the maximum of further bytes until {@link #mayBeLong}. A longer body is malformed. */
    public void mustBeShort(long bytes) {
        most = count + bytes;
    }

    /** Ends the limit of {@link #mustBeShort}. */
    public void mayBeLong() {
        most = Long.MAX_VALUE;
    }

    Ending ending() {
        return ending;
    }

    /** Returns the number of bytes that came, at least. */
    long count() {
        return count;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (aheadAt < ahead.length) {
            int read = Math.min(length, ahead.length - aheadAt);
            System.arraycopy(ahead, aheadAt, into, offset, read);
            aheadAt += read;
            return read;
        }
        return readBody(into, offset, length);
    }

    /**
     * Returns how many bytes can be read without waiting, so that a reader can gather a piece that is worth sending.
     */
    @Override
    public int available() {
        if (aheadAt < ahead.length) {
            return ahead.length - aheadAt;
        }
        return client.isReady() ? 1 : 0;
    }

    private int readBody(byte[] into, int offset, int length) throws IOException {
        if (hasDeadline && System.nanoTime() - deadline >= 0) {
            throw failed(Ending.TOO_SLOW, new UploadStoppedException("the request took too long"));
        }
        try {
            int read = body.read(into, offset, length);
            if (read > 0) {
                giveOthersATurn(read);
                count += read;
                keep(into, offset, read);
            }
            if (count > most) {
                throw failed(Ending.MALFORMED, new CorruptBodyException("too much before the first part"));
            }
            return read;
        } catch (UploadStoppedException e) {
            throw failed(Ending.TOO_SLOW, e);
        } catch (CorruptBodyException e) {
            throw failed(Ending.MALFORMED, e);
        } catch (ClientGoneException e) {
            throw failed(Ending.BROKEN, e);
        }
    }

    /** Yields after many bytes, because a virtual thread is not preempted. */
    @SuppressWarnings("ThreadPriorityCheck") // a virtual thread is not preempted
    private void giveOthersATurn(int read) {
        if (count / TURN_BYTES != (count + read) / TURN_BYTES) {
            Thread.yield();
        }
    }

    private synchronized void keep(byte[] bytes, int offset, int length) {
        if (kept == null) {
            return;
        }
        if (kept.size() + length > MOST_KEPT_BYTES || !memory.tryTake(length)) {
            forget();
            return;
        }
        borrowed += length;
        kept.write(bytes, offset, length);
    }

    private synchronized void forget() {
        kept = null;
        memory.giveBack(borrowed);
        borrowed = 0;
    }

    private IOException failed(Ending how, Exception cause) {
        ending = how;
        return new IOException(cause.getMessage(), cause);
    }
}
