package dev.sandpool.runner;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
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
    private final List<ByteBuffer> blocks = new ArrayList<>();
    private long borrowed;
    private long length;
    private @Nullable FileChannel file;
    private @Nullable ByteBuffer fileBuffer;

    SpooledStream(Path directory, MemoryBudget budget) {
        this.directory = directory;
        this.budget = budget;
    }

    long length() {
        return length;
    }

    void append(byte[] from, int offset, int count) throws IOException {
        var source = ByteBuffer.wrap(from, offset, count);
        while (source.hasRemaining()) {
            ByteBuffer block = file == null ? block() : null;
            if (block != null) {
                move(source, block);
            } else {
                appendToFile(source);
            }
        }
        length += count;
    }

    void copyTo(OutputStream to) throws IOException {
        for (ByteBuffer block : blocks) {
            to.write(block.array(), 0, block.position());
        }
        if (file != null && fileBuffer != null) {
            flush(file, fileBuffer);
            copy(file, fileBuffer, to);
            fileBuffer.clear();
        }
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

    private static void copy(FileChannel file, ByteBuffer buffer, OutputStream to) throws IOException {
        long position = 0;
        long size = file.size();
        while (position < size) {
            int read = file.read(buffer.clear(), position);
            if (read < 0) {
                throw new EOFException("spool file ends at " + position + " of " + size);
            }
            to.write(buffer.array(), 0, read);
            position += read;
        }
    }

    /** A block with room, or null when the budget has no more. */
    private @Nullable ByteBuffer block() {
        ByteBuffer last = blocks.isEmpty() ? null : blocks.getLast();
        if (last != null && last.hasRemaining()) {
            return last;
        }
        int size = last == null ? FIRST_BLOCK : Math.min(LAST_BLOCK, last.capacity() * 2);
        if (!budget.tryTake(size)) {
            return null;
        }
        borrowed += size;
        ByteBuffer block = ByteBuffer.allocate(size);
        blocks.add(block);
        return block;
    }

    private void appendToFile(ByteBuffer source) throws IOException {
        if (file == null || fileBuffer == null) {
            file = FileChannel.open(
                    directory.resolve("sandpool-output-" + UUID.randomUUID()),
                    Set.of(CREATE_NEW, READ, WRITE, DELETE_ON_CLOSE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            fileBuffer = ByteBuffer.allocate(FILE_BUFFER);
        }
        move(source, fileBuffer);
        if (!fileBuffer.hasRemaining()) {
            flush(file, fileBuffer);
        }
    }

    private static void flush(FileChannel file, ByteBuffer buffer) throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            file.write(buffer);
        }
        buffer.clear();
    }

    private static void move(ByteBuffer from, ByteBuffer to) {
        int count = Math.min(from.remaining(), to.remaining());
        to.put(to.position(), from, from.position(), count);
        to.position(to.position() + count);
        from.position(from.position() + count);
    }
}
