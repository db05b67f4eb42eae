package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameWriter;
import dev.sandpool.protocol.ProtocolException;
import dev.sandpool.runner.sandbox.OutputSink;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Drives the conversation of one run: sends the program, checks everything that comes back, and returns how the run
 * ended.
 */
final class RunConversation {
    private static final int LONGEST_MESSAGE = 500;

    private final Inbox inbox;
    private final RunParameters order;
    private final ProgramUpload upload;
    private final OutputTally stdout;
    private final OutputTally stderr;
    private final OutputSink output;
    private final ReceivedFiles files;
    private final boolean filesMayWait;
    private final InputPump input;
    private final ResponseDeadline time;
    private final CompressedOutput compressed = new CompressedOutput();
    private @Nullable Thread pumping;
    private boolean started;
    // Read by the thread of the input.
    private volatile boolean isProgramOver;

    /** Thrown when the caller's standard input cannot be read. */
    private static final class InputFailedException extends IOException {
        private static final long serialVersionUID = 1L;

        private final Exception failure;

        InputFailedException(Exception failure) {
            super(failure);
            this.failure = failure;
        }
    }

    /** @param cache what the sandbox has cached of the program before */
    RunConversation(FrameWriter down, Inbox inbox, RunParameters order, ProgramCache cache, OutputSink output) {
        this.inbox = inbox;
        this.order = order;
        this.upload = new ProgramUpload(down, inbox, order, cache);
        this.output = output;
        this.input = new InputPump(down, order.request().input(), this::inputFailed);
        this.time = new ResponseDeadline(order.answerDeadline(), output, System::nanoTime);
        this.filesMayWait = output.files().mayWaitForClient();
        this.files = new ReceivedFiles(
                order.request().outputFiles(),
                output.files(),
                order.limits().fileBytes(),
                () -> filesMayWait && time.isUpForFiles());
        this.stdout =
                new OutputTally(StandardStream.STDOUT, output, order.limits().outputBytes());
        this.stderr =
                new OutputTally(StandardStream.STDERR, output, order.limits().outputBytes());
    }

    /**
     * Conducts the run to its end.
     *
     * @throws ProtocolException if the sandbox violates the protocol
     * @throws IOException if the stream ended without EXIT
     */
    RunResult run(Runnable progress) throws IOException, InterruptedException {
        try {
            return sendAndAwait(progress);
        } catch (InputFailedException e) {
            return new RunResult.UploadFailed(e.failure);
        } catch (SinkFailedException e) {
            // Its result would be useless. The sink knows the cause.
            return new RunResult.Cancelled();
        } finally {
            compressed.close();
            if (started) {
                files.runEnded();
            }
            stopInput();
        }
    }

    private RunResult sendAndAwait(Runnable progress) throws IOException, InterruptedException {
        try {
            RunResult failure = upload.send(progress);
            if (failure != null) {
                return failure;
            }
            if (upload.isComplete() && order.request().input().mayHaveStandardInput()) {
                pumping = input.start();
            }
        } catch (IOException e) {
            // The way down broke. The frames that came before, perhaps an EXIT, and the reason are in the inbox.
        }
        return awaitExit();
    }

    private void stopInput() throws InterruptedException {
        if (pumping != null) {
            input.stop();
            // Only one thread at a time may read the caller's bytes, and another one reads them next.
            pumping.join();
        }
    }

    /** Ends the run: the program would wait in vain for the rest of its input, and its result would be useless. */
    private void inputFailed(Exception failure) {
        if (isProgramOver) {
            return;
        }
        // Near the deadline the input times out as well, and EXIT is on its way.
        if (order.deadline().left().compareTo(ProgramUpload.INTERRUPT_BEFORE) > 0) {
            inbox.end(new InputFailedException(failure));
        }
    }

    private RunResult awaitExit() throws IOException, InterruptedException {
        while (true) {
            Frame.Up frame = inbox.take(time.latestExit());
            boolean fits = true;
            isProgramOver |= isOfFiles(frame);
            switch (frame) {
                case null -> {
                    return time.waitsForExit() ? new RunResult.Unanswered() : withoutExit();
                }
                case Frame.Started _ -> started();
                case Frame.Stdout output -> fits = afterStart(stdout).add(output.bytes());
                case Frame.Stderr output -> fits = afterStart(stderr).add(output.bytes());
                case Frame.StdoutZstd output -> fits = afterStart(stdout).add(expanded(output.bytes()));
                case Frame.StderrZstd output -> fits = afterStart(stderr).add(expanded(output.bytes()));
                case Frame.OutputFile file -> afterStart(files).begin(file);
                case Frame.OutputFileData data -> afterStart(files).add(data);
                case Frame.OutputFileEnd end -> afterStart(files).end(end);
                case Frame.OutputFileOmitted omitted -> afterStart(files).omit(omitted);
                case Exit exit -> {
                    files.complete();
                    return result(exit);
                }
                case Frame.StdinRead read -> input.taken(read.bytes());
                case dev.sandpool.protocol.Hello _, Frame.Pong _ ->
                    throw new ProtocolException(nameOf(frame) + " during a run");
            }
            if (!fits) {
                // An honest contained stops at the limit by itself, so the program has taken this one over.
                return new RunResult.OutputTooLarge(RunResult.Facts.NONE);
            }
            if (mustBeAnswered(frame) && time.isUpAfterOutput()) {
                return withoutExit();
            }
        }
    }

    private static boolean isOfFiles(Frame.@Nullable Up frame) {
        return frame instanceof Frame.OutputFile || frame instanceof Frame.OutputFileOmitted;
    }

    /** Returns whether the frame makes the answer longer. A file that goes to the client at once does not. */
    private boolean mustBeAnswered(Frame frame) {
        return frame instanceof Frame.Stdout
                || frame instanceof Frame.Stderr
                || (frame instanceof Frame.OutputFileData && !filesMayWait)
                || frame instanceof Frame.StdoutZstd
                || frame instanceof Frame.StderrZstd;
    }

    private Bytes expanded(Bytes output) throws ProtocolException {
        if (!order.flags().zstd()) {
            throw new ProtocolException("compressed output that was not requested");
        }
        return compressed.expand(output);
    }

    private static RunResult withoutExit() {
        return new RunResult.TimedOut(RunResult.Facts.NONE);
    }

    private void started() throws ProtocolException {
        if (started || !upload.isComplete()) {
            throw new ProtocolException(started ? "STARTED twice" : "STARTED before the program was sent");
        }
        started = true;
        input.open();
        output.started();
    }

    private <T> T afterStart(T receiver) throws ProtocolException {
        if (!started) {
            throw new ProtocolException("output before STARTED");
        }
        return receiver;
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
            // The runner never sends KILL, and what it sends is correct, so a sandbox that reports these is broken.
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

    static String oneLine(String message) {
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
}
