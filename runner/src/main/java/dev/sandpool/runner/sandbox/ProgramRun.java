package dev.sandpool.runner.sandbox;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameWriter;
import dev.sandpool.protocol.Protocol;
import dev.sandpool.protocol.ProtocolException;
import dev.sandpool.protocol.Start;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One run's conversation: sends the program, believes nothing that comes back, and says how it ended. */
final class ProgramRun {
    // The inner side reports first: contained interrupts, then kills, and the answer still comes back in time.
    private static final Duration INTERRUPT_BEFORE = Duration.ofMillis(500);
    private static final Duration KILL_BEFORE = Duration.ofMillis(250);

    // With the frame's header and the attach channel's byte this is one WebSocket frame of 64 KiB, not one and a
    // splinter.
    private static final int PIECE_BYTES = Protocol.MAX_PAYLOAD_BYTES - Protocol.HEADER_BYTES - 1;

    // What a Go program on a playground needs, sockets and all; more only helps a program that leaks them.
    private static final long MAX_OPEN_FILES = 1024;

    private static final int LONGEST_MESSAGE = 500;

    private static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME", "/tmp");

    private final FrameWriter down;
    private final Inbox inbox;
    private final SandboxLimits limits;
    private final Deadline deadline;
    private final OutputTally stdout;
    private final OutputTally stderr;
    private final OutputSink output;
    private final InputPump input;
    private @Nullable Thread pumping;
    private boolean programSent;
    private boolean started;

    private final RunRequest request;
    private final KeptProgram.Sending sending;
    private final long keepBytes;
    private final boolean reuse;

    /**
     * @param limits what this run gets, the request's own wishes included
     * @param kept what the sandbox has of the program before
     * @param reuse whether the sandbox is to greet again after it
     */
    ProgramRun(
            FrameWriter down,
            Inbox inbox,
            SandboxLimits limits,
            Deadline deadline,
            RunRequest request,
            KeptProgram kept,
            boolean reuse,
            OutputSink output) {
        this.down = down;
        this.request = request;
        this.reuse = reuse;
        this.keepBytes = reuse ? KeptProgram.mostBytes(limits.binaryBytes()) : 0;
        this.sending = kept.begin(down, keepBytes);
        this.output = output;
        this.input = new InputPump(down, request.input());
        this.inbox = inbox;
        this.limits = limits;
        this.deadline = deadline;
        this.stdout = new OutputTally(output::stdout, limits.outputBytes());
        this.stderr = new OutputTally(output::stderr, limits.outputBytes());
    }

    /**
     * Runs to its end.
     *
     * @throws ProtocolException what came up cannot be true
     * @throws IOException the stream ended without EXIT
     */
    RunResult run(Runnable progress) throws IOException, InterruptedException {
        try {
            return sendAndAwait(progress);
        } finally {
            stopInput();
        }
    }

    private RunResult sendAndAwait(Runnable progress) throws IOException, InterruptedException {
        Start start;
        try {
            start = start();
        } catch (IllegalArgumentException e) {
            return new RunResult.FailedToStart("fork/exec /tmpfs/play: argument list too long");
        }
        try {
            RunResult failure = send(start, progress);
            if (failure != null) {
                return failure;
            }
        } catch (IOException e) {
            // The way down broke. What came up before, an EXIT perhaps, and the reason are in the inbox.
        }
        return awaitExit();
    }

    private void stopInput() throws InterruptedException {
        if (pumping != null) {
            input.stop();
            // Its caller's bytes are read by one thread at a time, and the next one wants to.
            pumping.join();
        }
    }

    private Start start() {
        Duration left = deadline.left();
        var resources = new Start.ResourceLimits(limits.pids(), MAX_OPEN_FILES, limits.outputBytes());
        var times = new Start.Times(
                notNegative(left.minus(INTERRUPT_BEFORE)),
                notNegative(left.minus(KILL_BEFORE)),
                limits.cpuTime().orElse(Duration.ZERO));
        var sizes = new Start.Sizes(
                limits.binaryBytes(), keepBytes, limits.fileBytes(), limits.outputBytes(), limits.memoryBytes());
        return new Start(
                reuse,
                new Start.Limits(times, sizes, resources),
                request.arguments().stream().map(ProgramRun::bytes).toList(),
                environment());
    }

    private List<Bytes> environment() {
        Map<String, String> environment = new TreeMap<>(ENVIRONMENT);
        environment.putAll(request.environment());
        return environment.entrySet().stream()
                .map(variable -> bytes(variable.getKey() + "=" + variable.getValue()))
                .toList();
    }

    private static Bytes bytes(String text) {
        return Bytes.view(text.getBytes(ISO_8859_1));
    }

    /** Null when all was sent, or when contained has something to say that makes the rest pointless. */
    private @Nullable RunResult send(Start start, Runnable progress) throws IOException {
        down.write(start);
        if (!request.input().mayHaveStandardInput()) {
            down.write(new Frame.StdinEnd());
        }
        RunResult failure = sendFiles();
        return failure != null ? failure : sendProgram(progress);
    }

    private @Nullable RunResult sendFiles() throws IOException {
        byte[] piece = new byte[PIECE_BYTES];
        long sent = 0;
        while (!inbox.hasNews()) {
            RunInput.WorkingFile file;
            try {
                file = request.input().nextFile();
            } catch (IOException | RuntimeException e) {
                return new RunResult.UploadFailed(e);
            }
            if (file == null) {
                return null;
            }
            down.write(new Frame.File(file.executable(), file.path()));
            int length = 1;
            while (length > 0 && !inbox.hasNews()) {
                try {
                    length = file.content().readNBytes(piece, 0, piece.length);
                } catch (IOException | RuntimeException e) {
                    return new RunResult.UploadFailed(e);
                }
                if (length > limits.fileBytes() - sent) {
                    return new RunResult.FilesTooLarge(limits.fileBytes());
                }
                down.writeFileData(piece, 0, length);
                sent += length;
            }
        }
        return null;
    }

    private @Nullable RunResult sendProgram(Runnable progress) throws IOException {
        InputStream program;
        try {
            program = request.input().program();
        } catch (IOException | RuntimeException e) {
            return new RunResult.UploadFailed(e);
        }
        Launchers.Look look = request.launchers().look();
        byte[] piece = new byte[PIECE_BYTES];
        long sent = 0;
        while (!inbox.hasNews()) {
            int length;
            try {
                // Whole pieces, though the first then waits for the last of its bytes: nothing starts before the end
                // anyway, and
                // each message is work for everybody on its way (measured: 100 ms of a 2.5 MB run in messages of 8
                // KiB).
                length = program.readNBytes(piece, 0, piece.length);
            } catch (IOException | RuntimeException e) {
                // Whatever a caller's stream throws, its failure is the caller's: servers throw unchecked exceptions
                // here.
                return new RunResult.UploadFailed(e);
            }
            if (length == 0) {
                sending.end();
                programSent = true;
                down.write(new Frame.ProgramEnd(look.command()));
                progress.run();
                if (request.input().mayHaveStandardInput()) {
                    pumping = input.start();
                }
                return null;
            }
            if (length > limits.binaryBytes() - sent) {
                return new RunResult.ProgramTooLarge(limits.binaryBytes());
            }
            look.at(piece, 0, length);
            sending.add(piece, length);
            sent += length;
        }
        return null;
    }

    private RunResult awaitExit() throws IOException, InterruptedException {
        while (true) {
            Frame.Up frame = inbox.take(deadline);
            boolean fits = true;
            switch (frame) {
                case null -> {
                    return new RunResult.Unanswered();
                }
                case Frame.Started _ -> started();
                case Frame.Stdout output -> fits = afterStart(stdout).add(output.bytes());
                case Frame.Stderr output -> fits = afterStart(stderr).add(output.bytes());
                case Exit exit -> {
                    return result(exit);
                }
                case Frame.StdinRead read -> input.taken(read.bytes());
                case dev.sandpool.protocol.Hello _, Frame.Pong _ ->
                    throw new ProtocolException(nameOf(frame) + " during a run");
            }
            if (!fits) {
                // An honest contained stops at the limit by itself, so this one was overpowered by its program.
                return new RunResult.OutputTooLarge(RunResult.Facts.NONE);
            }
        }
    }

    private void started() throws ProtocolException {
        if (started || !programSent) {
            throw new ProtocolException(started ? "STARTED twice" : "STARTED before the program was sent");
        }
        started = true;
        output.started();
    }

    private OutputTally afterStart(OutputTally tally) throws ProtocolException {
        if (!started) {
            throw new ProtocolException("output before STARTED");
        }
        return tally;
    }

    private RunResult result(Exit exit) throws ProtocolException {
        if (!exit.stdout().equals(stdout.total()) || !exit.stderr().equals(stderr.total())) {
            throw new ProtocolException("EXIT counts %s and %s, but %s and %s came"
                    .formatted(exit.stdout(), exit.stderr(), stdout.total(), stderr.total()));
        }
        var usage = exit.usage();
        var facts = new RunResult.Facts(usage.wall(), usage.user(), usage.system(), usage.peakMemoryBytes());
        return switch (exit.outcome()) {
            case EXITED -> new RunResult.Exited(onlyStarted(exit).exitCode(), facts);
            case SIGNALLED -> new RunResult.Signalled(onlyStarted(exit).signal(), facts);
            case TIMED_OUT -> new RunResult.TimedOut(facts);
            case OUTPUT_LIMIT -> new RunResult.OutputTooLarge(facts);
            case OUT_OF_MEMORY -> new RunResult.OutOfMemory(facts);
            case FAILED_TO_START -> {
                if (started) {
                    throw new ProtocolException("failed to start after STARTED");
                }
                yield new RunResult.FailedToStart(oneLine(exit.message()));
            }
            case CPU_TIME_EXCEEDED -> new RunResult.CpuTimeExceeded(facts);
            // We never send KILL, and what we send is right; whoever says otherwise is broken.
            case KILLED, PROTOCOL_ERROR, INTERNAL_ERROR ->
                new RunResult.SandboxLost(
                        "contained ended the run as " + exit.outcome().wireName() + " " + oneLine(exit.message()));
        };
    }

    private Exit onlyStarted(Exit exit) throws ProtocolException {
        if (!started) {
            throw new ProtocolException(exit.outcome().wireName() + " without STARTED");
        }
        return exit;
    }

    private static String oneLine(String message) {
        StringBuilder line = new StringBuilder();
        message.codePoints()
                .limit(LONGEST_MESSAGE)
                .map(c -> Character.isISOControl(c) ? ' ' : c)
                .forEach(line::appendCodePoint);
        return line.toString().strip();
    }

    private static String nameOf(Frame frame) {
        return frame.getClass().getSimpleName();
    }

    private static Duration notNegative(Duration duration) {
        return duration.isNegative() ? Duration.ZERO : duration;
    }
}
