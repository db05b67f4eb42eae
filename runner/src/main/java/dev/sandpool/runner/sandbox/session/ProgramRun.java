package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameWriter;
import dev.sandpool.protocol.ProtocolException;
import dev.sandpool.runner.sandbox.OutputSink;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.Stream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One run's conversation: has it sent, believes nothing that comes back, and says how it ended. */
final class ProgramRun {
    private static final int LONGEST_MESSAGE = 500;

    private final Inbox inbox;
    private final RunOrder order;
    private final RunSending sending;
    private final OutputTally stdout;
    private final OutputTally stderr;
    private final OutputSink output;
    private final InputPump input;
    private final AnswerTime time;
    private final CompressedOutput compressed = new CompressedOutput();
    private @Nullable Thread pumping;
    private boolean started;

    /** What the caller sends for the program to read cannot be read. */
    private static final class InputFailedException extends IOException {
        private static final long serialVersionUID = 1L;

        private final Exception failure;

        InputFailedException(Exception failure) {
            super(failure);
            this.failure = failure;
        }
    }

    /** @param kept what the sandbox has of the program before */
    ProgramRun(FrameWriter down, Inbox inbox, RunOrder order, KeptProgram kept, OutputSink output) {
        this.inbox = inbox;
        this.order = order;
        this.sending = new RunSending(down, inbox, order, kept);
        this.output = output;
        this.input = new InputPump(down, order.request().input(), this::inputFailed);
        this.time = new AnswerTime(order.deadline(), output);
        this.stdout = new OutputTally(Stream.STDOUT, output, order.limits().outputBytes());
        this.stderr = new OutputTally(Stream.STDERR, output, order.limits().outputBytes());
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
        } catch (InputFailedException e) {
            return new RunResult.UploadFailed(e.failure);
        } finally {
            compressed.close();
            stopInput();
        }
    }

    private RunResult sendAndAwait(Runnable progress) throws IOException, InterruptedException {
        try {
            RunResult failure = sending.send(progress);
            if (failure != null) {
                return failure;
            }
            if (sending.isComplete() && order.request().input().mayHaveStandardInput()) {
                pumping = input.start();
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

    /** The program would wait for the rest of its input in vain, and what there is of its run is of no use to anybody. */
    private void inputFailed(Exception failure) {
        // When its time is up, so is that of its input, and its end is on its way.
        if (order.deadline().left().compareTo(RunSending.INTERRUPT_BEFORE) > 0) {
            inbox.end(new InputFailedException(failure));
        }
    }

    private RunResult awaitExit() throws IOException, InterruptedException {
        while (true) {
            Frame.Up frame = inbox.take(time.latestExit());
            boolean fits = true;
            switch (frame) {
                case null -> {
                    return time.waitsForExit() ? new RunResult.Unanswered() : withoutExit();
                }
                case Frame.Started _ -> started();
                case Frame.Stdout output -> fits = afterStart(stdout).add(output.bytes());
                case Frame.Stderr output -> fits = afterStart(stderr).add(output.bytes());
                case Frame.StdoutZstd output -> fits = afterStart(stdout).add(expanded(output.bytes()));
                case Frame.StderrZstd output -> fits = afterStart(stderr).add(expanded(output.bytes()));
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
            if (isOutput(frame) && time.isUpAfterOutput()) {
                return withoutExit();
            }
        }
    }

    private static boolean isOutput(Frame frame) {
        return frame instanceof Frame.Stdout
                || frame instanceof Frame.Stderr
                || frame instanceof Frame.StdoutZstd
                || frame instanceof Frame.StderrZstd;
    }

    private Bytes expanded(Bytes output) throws ProtocolException {
        if (!order.flags().zstd()) {
            throw new ProtocolException("compressed output that nobody asked for");
        }
        return compressed.expand(output);
    }

    private static RunResult withoutExit() {
        return new RunResult.TimedOut(RunResult.Facts.NONE);
    }

    private void started() throws ProtocolException {
        if (started || !sending.isComplete()) {
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
}
