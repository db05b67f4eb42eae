package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameReader;
import dev.sandpool.protocol.FrameWriter;
import dev.sandpool.protocol.Hello;
import dev.sandpool.protocol.ProtocolException;
import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.OutputSink;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The session with one contained over a transport, from the handshake to the end of its last run. */
public final class SandboxSession implements Sandboxes.WarmSandbox {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxSession.class);

    // A node that is busy with starts answers late. With a limit of one second, two hundred sandboxes on two cores were
    // declared dead in turn, and each replacement made the node still slower.
    private static final Duration LONGEST_PONG = Duration.ofSeconds(15);

    private enum Phase {
        GREETING,
        GREETED,
        WARM,
        RUNNING,
        /** EXIT came. Only HELLO may follow, or an EXIT that says why there is none. */
        ENDED,
        LOST,
        CLOSED
    }

    private final String name;
    private final Transport transport;
    private final SandboxHost host;
    private final SandboxLimits limits;
    private final FrameWriter down;
    private final Inbox inbox = new Inbox();
    private final Handshake handshake;
    private final ProgramCache cache = new ProgramCache();
    private final boolean isSucceeded;
    private final Heartbeat heartbeat = new Heartbeat();
    private final Object pinging = new Object();

    // Guarded by this, a lock that is never held while a thread blocks.
    private Phase phase = Phase.GREETING;
    private Runnable lossListener = () -> {};
    private @Nullable Deadline runDeadline;
    private @Nullable String condemned;
    private boolean stays;
    private boolean compresses;
    private boolean sendsFiles;
    private int runs;

    private SandboxSession(
            String name,
            Transport transport,
            SandboxHost host,
            SandboxLimits limits,
            IsolationRequirements requirements) {
        this.name = name;
        this.transport = transport;
        this.host = host;
        this.limits = limits;
        this.down = new FrameWriter(transport.down());
        this.handshake = new Handshake(inbox, requirements);
        this.isSucceeded = requirements.next() == IsolationRequirements.Next.NEW;
    }

    /**
     * Waits for the handshake of contained and checks its facts. If it throws, the transport is closed and the host
     * has removed the sandbox.
     */
    public static SandboxSession greet(
            String name,
            Transport transport,
            SandboxHost host,
            SandboxLimits limits,
            IsolationRequirements requirements,
            Deadline deadline)
            throws SandboxStartException, InterruptedException {
        SandboxSession session = new SandboxSession(name, transport, host, limits, requirements);
        boolean warm = false;
        try {
            session.becomeWarm(deadline);
            warm = true;
            return session;
        } finally {
            if (!warm) {
                session.close();
            }
        }
    }

    private void becomeWarm(Deadline deadline) throws SandboxStartException, InterruptedException {
        transport.readers().newThread(this::read).start();
        try {
            hasGreeted(handshake.first(this::ping, deadline));
        } catch (IOException e) {
            String detail = CauseOfDeath.of(e, transport, host, deadline).detail();
            throw new SandboxStartException(reason(e, detail), detail, e);
        }
    }

    private static Reason reason(IOException e, String detail) {
        return e instanceof ProtocolException ? Reason.PROTOCOL : Reason.ofAnEnd(detail);
    }

    private void hasGreeted(Facts facts) throws IOException {
        // An older contained does not report this and does not know the flag. Computed outside of the lock, since the
        // first call loads a library.
        boolean mayCompress =
                facts.value(Facts.COMPRESSION).filter(Facts.ZSTD::equals).isPresent() && CompressedOutput.isPossible();
        settle(
                mayCompress,
                facts.value(Facts.OUTPUT_FILES).filter(Facts.PATTERNS::equals).isPresent());
    }

    private synchronized void settle(boolean mayCompress, boolean maySendFiles) throws IOException {
        if (condemned != null) {
            throw new IOException(condemned);
        }
        if (phase != Phase.GREETED) {
            throw Inbox.endOfStream();
        }
        phase = Phase.WARM;
        stays = false;
        compresses = mayCompress;
        sendsFiles = maySendFiles;
        runDeadline = null;
    }

    @Override
    public synchronized void stayAfterRun() {
        stays = true;
    }

    @Override
    public long cacheHitBytes() {
        return cache.cacheHitBytes();
    }

    @Override
    public void greetAgain(Duration atMost) throws SandboxStartException, InterruptedException {
        int served;
        synchronized (this) {
            served = runs;
        }
        try {
            Facts facts = handshake.again(served, Deadline.in(atMost));
            cache.confirm(facts);
            hasGreeted(facts);
        } catch (IOException e) {
            // No cause is looked up: contained ends when it is not sure of a fact, and says why.
            String detail = e.getMessage() + "; " + transport.explanation();
            throw new SandboxStartException(
                    e instanceof ProtocolException ? Reason.PROTOCOL : Reason.ENDED_EARLY, detail, e);
        }
    }

    private void ping() throws IOException {
        synchronized (pinging) { // under the lock, so that PINGs are sent in the order of their numbers
            down.write(heartbeat.next());
        }
    }

    /** Reads to the end. A ProtocolException of the handshake or of a warm sandbox ends up only here. */
    private void read() {
        FrameReader<Frame.Up> frames = FrameReader.up(transport.up());
        try {
            for (Frame.Up frame = frames.read(); frame != null; frame = frames.read()) {
                arrived(frame);
            }
            end(Inbox.endOfStream());
        } catch (IOException e) {
            end(e);
        } catch (InterruptedException e) {
            end(new IOException("the reader was interrupted", e));
        }
    }

    private void arrived(Frame.Up frame) throws IOException, InterruptedException {
        Phase before = step(frame);
        if (frame instanceof Frame.Pong pong && before != Phase.GREETING) {
            heartbeat.answered(pong);
        } else if (before == Phase.WARM || before == Phase.GREETED) {
            throw new ProtocolException(frame.getClass().getSimpleName() + " from a warm sandbox");
        } else if (before == Phase.ENDED
                && frame instanceof Exit exit
                && exit.outcome() == ExitOutcome.INTERNAL_ERROR) {
            throw new IOException("contained serves no other run: " + RunConversation.oneLine(exit.message()));
        } else if (before == Phase.ENDED && !(frame instanceof Hello)) {
            throw new ProtocolException(frame.getClass().getSimpleName() + " after EXIT");
        } else {
            if (before == Phase.ENDED && isSucceeded) {
                heartbeat.succeeded();
                transport.nextSandbox();
            }
            inbox.put(frame);
        }
    }

    /** Returns the phase in which the frame came. Some frames begin another phase. */
    private synchronized Phase step(Frame.Up frame) {
        Phase before = phase;
        if (frame instanceof Hello && (before == Phase.GREETING || before == Phase.ENDED)) {
            phase = Phase.GREETED;
        } else if (frame instanceof Exit && before == Phase.RUNNING) {
            phase = Phase.ENDED;
        }
        return before;
    }

    /** Ends the session's input: nothing more will come, or nothing more counts. */
    private void end(IOException reason) {
        Runnable listener = () -> {};
        synchronized (this) {
            if (phase == Phase.WARM) {
                listener = lossListener;
                LOG.atDebug().addKeyValue("sandbox", name).setCause(reason).log("a warm sandbox is lost");
            }
            if (phase != Phase.CLOSED && phase != Phase.RUNNING) {
                phase = Phase.LOST;
            }
        }
        inbox.end(reason);
        transport.close();
        listener.run();
    }

    /**
     * Declares that the sandbox cannot serve any more, though its stream may still be open. Called by its host. A run
     * under way continues and is the last one.
     */
    public void condemn(String why) {
        synchronized (this) {
            condemned = why;
            if (phase == Phase.RUNNING || phase == Phase.CLOSED) {
                return;
            }
        }
        end(new IOException(why));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean answers() {
        synchronized (this) {
            if (phase != Phase.WARM) {
                return phase != Phase.LOST && phase != Phase.CLOSED; // busy
            }
        }
        try {
            ping();
            return heartbeat.awaitAnswers(Deadline.in(LONGEST_PONG));
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    @Override
    public void onLost(Runnable listener) {
        synchronized (this) {
            if (phase != Phase.LOST) {
                lossListener = listener;
                return;
            }
        }
        listener.run();
    }

    @Override
    public RunResult run(ProgramRequest request, OutputSink output, Runnable progress) {
        SandboxLimits granted = request.asked().within(limits);
        Deadline deadline = Deadline.in(granted.runTimeout());
        RunParameters order;
        synchronized (this) {
            if (runDeadline != null) {
                throw new IllegalStateException(name + " was used before");
            }
            runDeadline = deadline;
            // A sandbox that is replaced after the run has nothing to prove.
            var flags = new Start.Flags(stays && !isSucceeded, compresses);
            order = new RunParameters(request, granted, deadline, flags, sendsFiles);
            runs++;
            if (phase == Phase.WARM) {
                phase = Phase.RUNNING;
            }
        }
        CountDownLatch finished = new CountDownLatch(1);
        Deadline last = order.answerDeadline();
        Thread.ofVirtual().name("watchdog-" + name).start(() -> watch(finished, last));
        try {
            RunResult result = new RunConversation(down, inbox, order, cache, output).run(progress);
            giveUpUnlessExited();
            return isClosed() && result instanceof RunResult.UploadFailed ? new RunResult.Cancelled() : result;
        } catch (IOException e) {
            return explain(e, last);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new RunResult.Cancelled();
        } finally {
            finished.countDown();
        }
    }

    /**
     * Closes the transport of a run that ended without EXIT: the program still runs, and perhaps floods, and is not
     * needed any more.
     */
    private void giveUpUnlessExited() {
        synchronized (this) {
            if (phase != Phase.RUNNING) {
                return;
            }
        }
        inbox.end(new IOException("its run was over before its EXIT came"));
        transport.close();
    }

    /** The last resort, whatever blocks the run: a peer that does not read, or one that sends nothing. */
    private void watch(CountDownLatch finished, Deadline deadline) {
        try {
            if (!finished.await(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
                inbox.end(new IOException("the time was up"));
                transport.close();
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts a watchdog", e);
        }
    }

    /** A stream that ended without EXIT is never a success. */
    private RunResult explain(IOException reason, Deadline deadline) {
        if (isClosed()) {
            return new RunResult.Cancelled();
        }
        if (deadline.isOver()) {
            return new RunResult.Unanswered();
        }
        // Before the wait for an explanation, because what still runs in the sandbox is not needed any more.
        transport.close();
        try {
            SandboxHost.Death death = CauseOfDeath.of(reason, transport, host, deadline);
            if (isClosed()) {
                return new RunResult.Cancelled();
            }
            return switch (death.cause()) {
                case OUT_OF_MEMORY -> new RunResult.OutOfMemory(RunResult.Facts.NONE);
                case OTHER -> new RunResult.SandboxLost(death.detail());
                case UNKNOWN -> deadline.isOver() ? lostAtTheEnd(death) : new RunResult.SandboxLost(death.detail());
            };
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new RunResult.Cancelled();
        }
    }

    /** The time was up before a cause was known, and the program caused that itself: a fork bomb ends this way. */
    private RunResult lostAtTheEnd(SandboxHost.Death death) {
        LOG.atWarn()
                .addKeyValue("sandbox", name)
                .addKeyValue("detail", death.detail())
                .log("lost a sandbox shortly before its run's time was up");
        return new RunResult.Unanswered();
    }

    @Override
    public void signal(int number) {
        try {
            down.write(new Frame.Signal(number));
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("sandbox", name).setCause(e).log("a signal came too late");
        }
    }

    @Override
    public synchronized Duration timeLeft() {
        return runDeadline == null ? limits.runTimeout() : runDeadline.left();
    }

    private synchronized boolean isClosed() {
        return phase == Phase.CLOSED;
    }

    @Override
    public void close() {
        synchronized (this) {
            if (phase == Phase.CLOSED) {
                return;
            }
            phase = Phase.CLOSED;
        }
        inbox.end(new IOException("closed"));
        transport.close();
        host.takeBack();
    }
}
