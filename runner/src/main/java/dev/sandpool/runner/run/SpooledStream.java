package dev.sandpool.runner.run;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.sandbox.BulkInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One stream of a program's output: blocks in memory, then a file. Written, then read, by one thread at a time. */
final class SpooledStream implements AutoCloseable {
    // Most programs print less than the first block; the blocks double up to the last size.
    private static final int FIRST_BLOCK = 4 * 1024;
    private static final int LAST_BLOCK = 256 * 1024;
    // What is gathered before it goes to the file, for programs that print by the line.
    private static final int FILE_BUFFER = 64 * 1024;

    private final Path directory;
    private final MemoryBudget budget;
    private final List<Block> blocks = new ArrayList<>();
    private long borrowed;
    private long length;
    private @Nullable FileChannel file;
    private @Nullable Block fileBuffer;

    SpooledStream(Path directory, MemoryBudget budget) {
        this.directory = directory;
        this.budget = budget;
    }

    long length() {
        return length;
    }

    void append(byte[] from, int offset, int count) throws IOException {
        int done = 0;
        while (done < count) {
            Block block = file == null ? blockWithRoom() : null;
            done += block != null
                    ? block.put(from, offset + done, count - done)
                    : appendToFile(from, offset + done, count - done);
        }
        length += count;
    }

    void copyTo(OutputStream to) throws IOException {
        for (Block block : blocks) {
            to.write(block.bytes, 0, block.used);
        }
        if (file != null && fileBuffer != null) {
            fileBuffer.writeTo(file);
            copy(file, to);
        }
    }

    /** Reads what there is from there on; not while more is appended. */
    InputStream input(long from) throws IOException {
        List<InputStream> parts = new ArrayList<>();
        long skipped = 0;
        for (Block block : blocks) {
            int skip = Math.clamp(from - skipped, 0, block.used);
            parts.add(new ByteArrayInputStream(block.bytes, skip, block.used - skip));
            skipped += block.used;
        }
        if (file != null && fileBuffer != null) {
            fileBuffer.writeTo(file);
            parts.add(new FileInput(file, Math.max(from - skipped, 0)));
        }
        return new SequenceInputStream(Collections.enumeration(parts));
    }

    @Override
    public void close() {
        blocks.clear();
        budget.giveBack(borrowed);
        borrowed = 0;
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(FileChannel file, OutputStream to) throws IOException {
        byte[] piece = new byte[FILE_BUFFER];
        long position = 0;
        long size = file.size();
        while (position < size) {
            int read = file.read(ByteBuffer.wrap(piece), position);
            if (read < 0) {
                throw new EOFException("spool file ends at " + position + " of " + size);
            }
            to.write(piece, 0, read);
            position += read;
        }
    }

    /** Null when the budget has no more. */
    private @Nullable Block blockWithRoom() {
        Block last = blocks.isEmpty() ? null : blocks.getLast();
        if (last != null && !last.isFull()) {
            return last;
        }
        int size = last == null ? FIRST_BLOCK : Math.min(LAST_BLOCK, last.bytes.length * 2);
        if (!budget.tryTake(size)) {
            return null;
        }
        borrowed += size;
        var block = new Block(size);
        blocks.add(block);
        return block;
    }

    private int appendToFile(byte[] from, int offset, int count) throws IOException {
        if (file == null || fileBuffer == null) {
            file = FileChannel.open(
                    directory.resolve("sandpool-output-" + UUID.randomUUID()),
                    Set.of(CREATE_NEW, READ, WRITE, DELETE_ON_CLOSE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            fileBuffer = new Block(FILE_BUFFER);
        }
        int put = fileBuffer.put(from, offset, count);
        if (fileBuffer.isFull()) {
            fileBuffer.writeTo(file);
        }
        return put;
    }

    /** The spool's file from a position on, whatever else is read of it. */
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
    }

    private static final class Block {
        private final byte[] bytes;
        private int used;

        Block(int size) {
            bytes = new byte[size];
        }

        boolean isFull() {
            return used == bytes.length;
        }

        int put(byte[] from, int offset, int count) {
            int fits = Math.min(count, bytes.length - used);
            System.arraycopy(from, offset, bytes, used, fits);
            used += fits;
            return fits;
        }

        void writeTo(FileChannel file) throws IOException {
            var source = ByteBuffer.wrap(bytes, 0, used);
            while (source.hasRemaining()) {
                file.write(source);
            }
            used = 0;
        }
    }
}
