package dev.sandpool.runner.sandbox.session;

import com.github.luben.zstd.Zstd;
import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameReader;
import dev.sandpool.protocol.FrameWriter;
import dev.sandpool.protocol.Hello;
import dev.sandpool.protocol.Protocol;
import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.ByteQueue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;

/** A contained that follows a script, at the other end of pipes in memory. */
public final class FakeContained {
    /** What it does; ends its output when it returns or throws. */
    public interface Script {
        void play(FakeContained contained) throws IOException, InterruptedException;
    }

    static final Map<String, String> ISOLATED = Map.of(
            Facts.KERNEL, "gvisor",
            Facts.TOKEN, "absent",
            Facts.ROOT, "read-only",
            Facts.CAPABILITIES, "none",
            Facts.NO_NEW_PRIVILEGES, "on",
            Facts.PROC, "own",
            Facts.TMPFS, "own",
            Facts.NAMESPACES, "user,pid,net,mnt,ipc,uts",
            Facts.INTERFACES, "lo",
            Facts.RUNS, "0");

    /** Of one whose pod has started gVisor by itself, and has had no run. */
    public static final Map<String, String> EMBEDDED = embedded(0);

    private static Map<String, String> embedded(int served) {
        Map<String, String> facts = new HashMap<>(ISOLATED);
        facts.put(Facts.ISOLATION, Facts.EMBEDDED);
        facts.put(Facts.SERVED, Integer.toString(served));
        return Map.copyOf(facts);
    }

    private final ByteQueue toContained = new ByteQueue(ByteQueue.Bound.of(64 * 1024));
    private final ByteQueue fromContained = new ByteQueue(ByteQueue.Bound.of(64 * 1024));
    private final FrameReader<Frame.Down> in = FrameReader.down(toContained);
    private final OutputStream rawOut = into(fromContained);
    private final FrameWriter out = new FrameWriter(rawOut);
    private final CRC32 stdoutCrc = new CRC32();
    private final CRC32 stderrCrc = new CRC32();
    private long stdoutBytes;
    private long stderrBytes;

    public final ByteArrayOutputStream program = new ByteArrayOutputStream();
    volatile List<Bytes> launcher = List.of();
    /** How many sandboxes have succeeded one another. */
    final AtomicInteger sandboxes = new AtomicInteger(1);

    final CountDownLatch closedByRunner = new CountDownLatch(1);

    /** Starts the script; returns what the runner holds. */
    public Transport play(Script script) {
        Thread.ofVirtual().name("fake-contained").start(() -> {
            try {
                script.play(this);
            } catch (IOException | InterruptedException e) {
                // The runner closed it: some scripts wait for that.
            } finally {
                fromContained.end();
            }
        });
        return new Transport() {
            @Override
            public InputStream up() {
                return fromContained;
            }

            @Override
            public OutputStream down() {
                return into(toContained);
            }

            @Override
            public ThreadFactory readers() {
                return Thread.ofVirtual().factory();
            }

            @Override
            public void nextSandbox() {
                sandboxes.incrementAndGet();
            }

            @Override
            public String explanation() {
                return "in memory";
            }

            @Override
            public void close() {
                toContained.close();
                fromContained.close();
                closedByRunner.countDown();
            }
        };
    }

    private static OutputStream into(ByteQueue queue) {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] from, int offset, int length) throws IOException {
                try {
                    if (!queue.put(ByteBuffer.allocate(length)
                            .put(from, offset, length)
                            .flip())) {
                        throw new IOException("the stream is closed");
                    }
                } catch (InterruptedException e) {
                    throw new UncheckedIOException(new IOException(e));
                }
            }
        };
    }

    public void greet() throws IOException {
        greet(ISOLATED);
    }

    /** As one that can compress what it sends. */
    void greetCompressing() throws IOException {
        Map<String, String> facts = new HashMap<>(ISOLATED);
        facts.put(Facts.COMPRESSION, Facts.ZSTD);
        greet(facts);
    }

    public void greet(Map<String, String> facts) throws IOException {
        Frame ping = next();
        send(new Hello(new Facts(facts)));
        send(new Frame.Pong(((Frame.Ping) ping).bytes()));
    }

    /** As it does after so many runs, of which the next one counts from nothing. */
    void greetAgain(int runs) throws IOException {
        greetAgain(runs, 0);
    }

    /** The same, with so many bytes of the last program kept. */
    void greetAgain(int runs, long kept) throws IOException {
        stdoutBytes = 0;
        stderrBytes = 0;
        stdoutCrc.reset();
        stderrCrc.reset();
        Map<String, String> facts = new HashMap<>(ISOLATED);
        facts.put(Facts.RUNS, Integer.toString(runs));
        facts.put(Facts.KEPT, Long.toString(kept));
        send(new Hello(new Facts(facts)));
    }

    /** As the next one of the same pod greets after so many runs. */
    public void nextGreets(int served) throws IOException {
        nextGreets(embedded(served));
    }

    public void nextGreets(Map<String, String> facts) throws IOException {
        stdoutBytes = 0;
        stderrBytes = 0;
        stdoutCrc.reset();
        stderrCrc.reset();
        send(new Hello(new Facts(facts)));
    }

    public Frame.Down next() throws IOException {
        Frame.Down frame = in.read();
        if (frame == null) {
            throw new IOException("closed");
        }
        return frame;
    }

    /** Reads START and the program up to its end. */
    public Start receiveProgram() throws IOException {
        Start start = (Start) next();
        while (true) {
            switch (next()) {
                case Frame.Program piece -> piece.bytes().writeTo(program::write);
                case Frame.ProgramZstd piece -> program.write(expanded(piece.bytes()));
                case Frame.ProgramEnd end -> {
                    launcher = end.launcher();
                    return start;
                }
                case Frame.StdinEnd _ -> {}
                case Frame other -> throw new AssertionError("unexpected " + other);
            }
        }
    }

    private static byte[] expanded(Bytes frame) {
        return Zstd.decompress(frame.toByteArray(), Protocol.MAX_PAYLOAD_BYTES);
    }

    public void send(Frame frame) throws IOException {
        out.write(frame);
    }

    void sendRaw(byte... bytes) throws IOException {
        rawOut.write(bytes);
    }

    public void started() throws IOException {
        send(new Frame.Started());
    }

    public void stdout(String text) throws IOException {
        Bytes bytes = Bytes.utf8(text);
        bytes.update(stdoutCrc);
        stdoutBytes += bytes.size();
        send(new Frame.Stdout(bytes));
    }

    void stderr(String text) throws IOException {
        Bytes bytes = Bytes.utf8(text);
        bytes.update(stderrCrc);
        stderrBytes += bytes.size();
        send(new Frame.Stderr(bytes));
    }

    void stdoutZstd(String text) throws IOException {
        Bytes bytes = Bytes.utf8(text);
        bytes.update(stdoutCrc);
        stdoutBytes += bytes.size();
        send(new Frame.StdoutZstd(Bytes.view(Zstd.compress(bytes.toByteArray()))));
    }

    void stderrZstd(String text) throws IOException {
        Bytes bytes = Bytes.utf8(text);
        bytes.update(stderrCrc);
        stderrBytes += bytes.size();
        send(new Frame.StderrZstd(Bytes.view(Zstd.compress(bytes.toByteArray()))));
    }

    /** With what really was sent. */
    public void exit(ExitOutcome outcome, int code, int signal, String message) throws IOException {
        exit(outcome, code, signal, message, new Exit.Tally(stdoutBytes, stdoutCrc.getValue()));
    }

    void exit(ExitOutcome outcome, int code, int signal, String message, Exit.Tally stdout) throws IOException {
        var stderr = new Exit.Tally(stderrBytes, stderrCrc.getValue());
        send(new Exit(outcome, code, signal, Exit.Usage.NONE, stdout, stderr, message));
    }

    /** Says nothing more and waits until the runner has closed the stream. */
    public void fallSilent() throws IOException {
        while (true) {
            next();
        }
    }
}
