package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameReader;
import dev.sandpool.protocol.FrameWriter;
import dev.sandpool.protocol.Hello;
import dev.sandpool.protocol.Protocol;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** A contained that runs, with its pipes. Whatever happens it is gone half a minute later, so that no read waits for ever. */
final class Contained implements AutoCloseable {
    static final Path BINARY =
            Path.of(System.getProperty("contained.binary", "target/contained")).toAbsolutePath();
    private static final long PATIENCE_SECONDS = 30;

    private final Process process;
    private final OutputStream in;
    private final FrameWriter writer;
    private final FrameReader<Frame.Up> reader;
    private final Path diagnostics;
    private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    private final List<Frame.Up> others = new ArrayList<>();

    private Contained(List<String> command) {
        try {
            diagnostics = Files.createTempFile("contained", ".err");
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(diagnostics.toFile());
            builder.environment().put("SECRET", "of the surroundings");
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        in = process.getOutputStream();
        writer = new FrameWriter(in);
        reader = FrameReader.up(new BufferedInputStream(process.getInputStream(), 1 << 17));
        Thread.ofVirtual().name("patience").start(this::endSomeDay);
    }

    static Contained start(String... arguments) {
        List<String> command = new ArrayList<>(List.of(BINARY.toString()));
        command.addAll(List.of(arguments));
        return new Contained(command);
    }

    /** By another command than its own, which has it run somewhere else. */
    static Contained by(List<String> command) {
        return new Contained(command);
    }

    /** Started and greeted. */
    static Contained warm(String... arguments) throws IOException {
        Contained contained = start(arguments);
        contained.greet();
        return contained;
    }

    private void endSomeDay() {
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
    }

    Hello greet() throws IOException {
        send(new Frame.Ping(Bytes.utf8("hi")));
        if (!(read() instanceof Hello hello)) {
            throw new AssertionError("no HELLO; " + diagnostics());
        }
        assertThat(read()).isEqualTo(new Frame.Pong(Bytes.utf8("hi")));
        return hello;
    }

    void send(Frame.Down... frames) throws IOException {
        for (Frame.Down frame : frames) {
            writer.write(frame);
        }
    }

    void sendProgram(Bytes program) throws IOException {
        sendProgram(program, new Frame.ProgramEnd());
    }

    void sendProgram(Bytes program, Frame.ProgramEnd end) throws IOException {
        writer.writeProgram(program.toByteArray(), 0, program.size());
        writer.write(end);
    }

    void sendBytes(byte... bytes) throws IOException {
        in.write(bytes);
        in.flush();
    }

    /** Ends the input. What contained has not read of it is lost: it has ended, perhaps. */
    private void hangUp() {
        try {
            in.close();
        } catch (IOException e) {
            // It had hung up itself.
        }
    }

    void endInput() throws IOException {
        in.close();
    }

    /** The next frame, null at the end. What came is remembered for {@link #finish}. Output before STARTED fails each test. */
    Frame.@Nullable Up read() throws IOException {
        Frame.Up frame = reader.read();
        if (isOutput(frame)) {
            assertThat(others).as("frames before output").hasAtLeastOneElementOfType(Frame.Started.class);
        }
        switch (frame) {
            case null -> {}
            case Frame.Stdout out -> out.bytes().writeTo(stdout::write);
            case Frame.Stderr err -> err.bytes().writeTo(stderr::write);
            case Frame.StdoutZstd out -> stdout.write(expanded(out.bytes()));
            case Frame.StderrZstd err -> stderr.write(expanded(err.bytes()));
            case Exit _,
                    Hello _,
                    Frame.Started _,
                    Frame.StdinRead _,
                    Frame.Pong _,
                    Frame.OutputFile _,
                    Frame.OutputFileData _,
                    Frame.OutputFileEnd _,
                    Frame.OutputFileOmitted _ -> others.add(frame);
        }
        return frame;
    }

    static boolean isOutput(Frame.@Nullable Up frame) {
        return frame instanceof Frame.Stdout
                || frame instanceof Frame.Stderr
                || frame instanceof Frame.StdoutZstd
                || frame instanceof Frame.StderrZstd;
    }

    static byte[] expanded(Bytes frame) {
        return Zstd.decompress(frame.toByteArray(), Protocol.MAX_PAYLOAD_BYTES);
    }

    /** Reads until there comes a frame of this kind. */
    <T extends Frame.Up> T readUntil(Class<T> kind) throws IOException {
        for (Frame.@Nullable Up frame = read(); frame != null; frame = read()) {
            if (kind.isInstance(frame)) {
                return kind.cast(frame);
            }
        }
        throw new AssertionError("the stream ended without " + kind.getSimpleName() + "; " + diagnostics());
    }

    /** A whole run whose program is sent and whose input ends. */
    Ran run(RunOf run) throws IOException {
        // The program last: a short one may have ended, and contained with it, before anything could be sent after it.
        send(run.start(), new Frame.StdinEnd());
        sendProgram(run.program());
        return finish();
    }

    /**
     * Reads to the end of the stream, and hangs up after EXIT as a runner does. What EXIT says of the output is held against what came.
     * After a START with {@code reuse} another EXIT may follow, which is among the other frames then.
     */
    Ran finish() throws IOException {
        @Nullable Exit exit = null;
        Frame.@Nullable Up last = null;
        for (Frame.@Nullable Up frame = read(); frame != null; frame = read()) {
            last = frame;
            if (frame instanceof Exit first && exit == null) {
                exit = first;
                hangUp();
            }
        }
        if (exit == null || !(last instanceof Exit)) {
            throw new AssertionError("the stream ended with " + last + "; " + diagnostics());
        }
        return ran(exit, exitStatus());
    }

    /** After EXIT: that it stays until its runner hangs up, as whoever writes into a pipe that is closed is told. Returns its exit status. */
    int staysUntilHangUp() throws IOException {
        sendBytes(new byte[1 << 20]); // more than the pipe holds: somebody reads it
        endInput();
        assertThat(read()).isNull();
        return exitStatus();
    }

    /** The same between two runs, when it answers a PING. */
    int staysUntilHangUpBetweenRuns() throws IOException {
        send(new Frame.Ping(Bytes.utf8("there?")));
        readUntil(Frame.Pong.class);
        endInput();
        assertThat(read()).isNull();
        return exitStatus();
    }

    /** A whole run after which another may come; the next frame is HELLO then. */
    Ran runReusable(RunOf run) throws IOException {
        send(run.reuse().start(), new Frame.StdinEnd());
        sendProgram(run.program());
        return finishReusable();
    }

    Ran finishReusable() throws IOException {
        Ran ran = ran(readUntil(Exit.class), 0);
        stdout.reset();
        stderr.reset();
        others.clear();
        return ran;
    }

    /** The facts of the HELLO that follows an EXIT by itself. */
    Map<String, String> greetedAgain() throws IOException {
        if (!(read() instanceof Hello hello)) {
            throw new AssertionError("no HELLO after EXIT; " + diagnostics());
        }
        others.clear();
        return hello.facts().values();
    }

    private Ran ran(Exit exit, int status) {
        others.remove(exit);
        assertThat(exit.stdout()).isEqualTo(tally(stdout.toByteArray()));
        assertThat(exit.stderr()).isEqualTo(tally(stderr.toByteArray()));
        return new Ran(
                exit, Bytes.view(stdout.toByteArray()), Bytes.view(stderr.toByteArray()), List.copyOf(others), status);
    }

    private static Exit.Tally tally(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return new Exit.Tally(bytes.length, crc.getValue());
    }

    /** Of contained itself, when it has ended. */
    int exitStatus() {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Its init, and whatever runs of the program. */
    List<ProcessHandle> descendants() {
        return process.descendants().toList();
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    String diagnostics() {
        try {
            return "contained said: " + Files.readString(diagnostics, UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        exitStatus();
        Files.delete(diagnostics);
    }

    /**
     * A run, from START to the end of the stream.
     *
     * @param others the frames that are neither output nor EXIT
     * @param status contained's own exit status; 0 where it goes on
     */
    record Ran(Exit exit, Bytes stdout, Bytes stderr, List<Frame.Up> others, int status) {
        String out() {
            return stdout.utf8();
        }

        String err() {
            return stderr.utf8();
        }

        boolean started() {
            return others.contains(new Frame.Started());
        }

        long stdinRead() {
            return others.stream()
                    .mapToLong(frame -> frame instanceof Frame.StdinRead read ? read.bytes() : 0)
                    .sum();
        }
    }
}
