package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.sandbox.BulkInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.commons.io.IOUtils;
import org.apache.commons.io.input.BoundedInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a run until they are answered. The first are in blocks in memory, as far as the budget of all runs allows.
 * The rest is in a file, as far as the disk has room. One thread at a time writes, then reads.
 */
class SpooledBytes implements AutoCloseable {
    // Most programs print less than the first block. Blocks double up to the last size.
    private static final int FIRST_BLOCK = 4 * 1024;
    private static final int LAST_BLOCK = 256 * 1024;
    // The buffer in front of the file, for programs that print line by line.
    private static final int FILE_BUFFER = 64 * 1024;

    private final SpoolDisk.Part disk;
    private final MemoryBudget budget;
    private final List<byte[]> blocks = new ArrayList<>();
    private int roomInLast;
    private long borrowed;
    private long length;
    private @Nullable Overflow overflow;

    private record Overflow(FileChannel file, OutputStream buffered) {}

    SpooledBytes(SpoolDisk.Part disk, MemoryBudget budget) {
        this.disk = disk;
        this.budget = budget;
    }

    long length() {
        return length;
    }

    /** Returns {@code bytes} bytes from the offset. */
    InputStream input(long from, long bytes) throws IOException {
        return BoundedInputStream.builder()
                .setInputStream(input(from))
                .setMaxCount(bytes)
                .get();
    }

    void append(byte[] from, int offset, int count) throws IOException {
        int done = 0;
        while (done < count) {
            if (overflow == null && roomInLast == 0) {
                grow();
            }
            int rest = count - done;
            if (overflow != null) {
                disk.take(rest);
                overflow.buffered.write(from, offset + done, rest);
                done += rest;
            } else {
                byte[] last = blocks.getLast();
                int fits = Math.min(rest, roomInLast);
                System.arraycopy(from, offset + done, last, last.length - roomInLast, fits);
                roomInLast -= fits;
                done += fits;
            }
        }
        length += count;
    }

    private void grow() throws IOException {
        int size = blocks.isEmpty() ? FIRST_BLOCK : Math.min(LAST_BLOCK, blocks.getLast().length * 2);
        if (budget.tryTake(size)) {
            borrowed += size;
            blocks.add(new byte[size]);
            roomInLast = size;
            return;
        }
        FileChannel file = disk.open();
        overflow = new Overflow(file, new BufferedOutputStream(Channels.newOutputStream(file), FILE_BUFFER));
    }

    /** Reads from the offset to the end. Not while bytes are appended. */
    InputStream input(long from) throws IOException {
        List<InputStream> parts = new ArrayList<>();
        long at = 0;
        for (int i = 0; i < blocks.size(); i++) {
            byte[] block = blocks.get(i);
            int used = block.length - (i == blocks.size() - 1 ? roomInLast : 0);
            int skip = Math.clamp(from - at, 0, used);
            parts.add(new ByteArrayInputStream(block, skip, used - skip));
            at += used;
        }
        if (overflow != null) {
            overflow.buffered.flush();
            parts.add(new FileInput(overflow.file, Math.max(from - at, 0)));
        }
        return new SequenceInputStream(Collections.enumeration(parts));
    }

    @Override
    public void close() {
        blocks.clear();
        budget.giveBack(borrowed);
        borrowed = 0;
        if (overflow != null) {
            try {
                overflow.file.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Reads the spool's file from a position, independently of other readers. */
    private static final class FileInput extends BulkInputStream {
        private final FileChannel file;
        private long position;

        FileInput(FileChannel file, long from) {
            this.file = file;
            this.position = from;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int read = file.read(ByteBuffer.wrap(into, offset, length), position);
            position += Math.max(read, 0);
            return read;
        }

        @Override
        public long transferTo(OutputStream to) throws IOException {
            return IOUtils.copyLarge(this, to, new byte[FILE_BUFFER]);
        }
    }
}
