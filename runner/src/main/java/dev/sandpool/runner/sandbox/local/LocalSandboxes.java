package dev.sandpool.runner.sandbox.local;

import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes;
import dev.sandpool.runner.sandbox.session.SandboxHost;
import dev.sandpool.runner.sandbox.session.SandboxSession;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sandboxes on this machine, without a cluster: contained as a child process over pipes, in gVisor if runsc can be
 * used.
 *
 * <p>When the runner dies, the pipes end, and with them contained and its runsc. A folder with a few small files stays,
 * which the next instance deletes.
 */
public final class LocalSandboxes implements Sandboxes {
    private static final Logger LOG = LoggerFactory.getLogger(LocalSandboxes.class);

    // All are asked to end at once, and each needs milliseconds.
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(5);

    // The first one waits until runsc is read from the disk, perhaps while a build runs.
    private static final Duration LONGEST_TRIAL = Duration.ofMinutes(1);

    /**
     * The paths of the parts.
     *
     * @param contained the binary
     * @param rootfs the files of the sandbox image; needed for gVisor
     * @param runsc empty: not used
     */
    public record Settings(Path contained, Optional<Path> rootfs, Optional<Path> runsc) {
        public Settings {
            contained = contained.toAbsolutePath().normalize();
            rootfs = rootfs.map(path -> path.toAbsolutePath().normalize());
            if (!Files.isExecutable(contained)) {
                throw new IllegalArgumentException(
                        contained + " is not an executable file: build it with make -C contained");
            }
            rootfs.filter(path -> !Files.isDirectory(path)).ifPresent(path -> {
                throw new IllegalArgumentException("the sandbox's root file system " + path + " is not a folder");
            });
            runsc.filter(path -> !Files.isExecutable(path)).ifPresent(path -> {
                throw new IllegalArgumentException("runsc " + path + " is not an executable file");
            });
        }

        /** Returns the runsc on the PATH, if there is one. */
        public static Optional<Path> runscOnPath() {
            return Arrays.stream(Optional.ofNullable(System.getenv("PATH"))
                            .orElse("")
                            .split(":", -1))
                    .filter(folder -> !folder.isEmpty())
                    .map(folder -> Path.of(folder, "runsc"))
                    .filter(Files::isExecutable)
                    .findFirst();
        }
    }

    private final LocalCommand command;
    private final LocalState state;
    private final AtomicLong numbers = new AtomicLong();
    private final Map<String, Child> children = new ConcurrentHashMap<>();

    /** @param limits the limits of the only revision */
    public LocalSandboxes(Settings settings, SandboxLimits limits) throws IOException {
        this.state = LocalState.create();
        this.command = LocalCommand.choose(settings, limits, state);
    }

    /**
     * Starts a sandbox and ends it, if sandboxes run in gVisor. So a machine that forbids gVisor is reported once and
     * not at each start.
     *
     * @throws IOException if the machine forbids gVisor; all sandboxes are closed then
     */
    public void tryOne(Revision revision) throws IOException {
        if (!(command instanceof LocalCommand.Gvisor gvisor)) {
            return;
        }
        try {
            start(revision, LONGEST_TRIAL).close();
        } catch (SandboxStartException e) {
            close();
            throw new IOException(gvisor.refusal(String.valueOf(e.getMessage())), e);
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the first sandbox started");
        }
    }

    @Override
    public WarmSandbox start(Revision revision, Duration atMost) throws SandboxStartException, InterruptedException {
        Deadline deadline = Deadline.in(atMost);
        String name = "local-" + numbers.incrementAndGet();
        Child child = child(name);
        SandboxSession session = SandboxSession.greet(
                name,
                new PipeTransport(name, child.process()),
                child,
                revision.limits(),
                command.requirements(),
                deadline);
        child.session(session);
        return session;
    }

    private Child child(String name) throws SandboxStartException {
        try {
            ProcessBuilder builder = command.process(name, state.add(name));
            builder.environment().clear();
            Child child = new Child(name, builder.start());
            children.put(name, child);
            return child;
        } catch (IOException e) {
            state.remove(name);
            throw new SandboxStartException(
                    Reason.LOCAL_PROCESS, "contained could not be started: " + e.getMessage(), e);
        }
    }

    @Override
    public String isolation() {
        return command.isolation();
    }

    @Override
    public void deleteLeftovers() {
        state.deleteLeftovers();
    }

    @Override
    public int ending() {
        return (int) children.values().stream().filter(Child::isEnding).count();
    }

    @Override
    public void close() {
        Deadline deadline = Deadline.in(LONGEST_CLOSE);
        children.values().forEach(Child::end);
        try {
            for (Child child : children.values()) {
                child.awaitGone(deadline);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!children.isEmpty()) {
            LOG.atWarn().addKeyValue("sandboxes", children.keySet()).log("local sandboxes did not end in time");
        }
        state.close();
    }

    /** One child process and what belongs to it. */
    private final class Child implements SandboxHost {
        private final String name;
        private final Process process;
        private final CountDownLatch gone = new CountDownLatch(1);
        private volatile @Nullable SandboxSession session;
        private volatile boolean ending;

        Child(String name, Process process) {
            this.name = name;
            this.process = process;
        }

        Process process() {
            return process;
        }

        void session(SandboxSession ours) {
            session = ours;
        }

        boolean isEnding() {
            return ending;
        }

        @Override
        public Death causeOfDeath(Duration atMost) throws InterruptedException {
            boolean ended = process.waitFor(atMost.toNanos(), TimeUnit.NANOSECONDS);
            return ended
                    ? new Death(Cause.OTHER, "status " + process.exitValue())
                    : new Death(Cause.UNKNOWN, "the child process did not end");
        }

        @Override
        public void takeBack() {
            ending = true;
            var _ = process.onExit().thenRunAsync(this::cleanUp, this::inBackground);
        }

        // Not on the process reaper's thread, because the cleanup may have to run runsc.
        private void inBackground(Runnable action) {
            Thread.ofPlatform().daemon().name("local-end-" + name).start(action);
        }

        private void cleanUp() {
            command.cleanUp(name);
            state.remove(name);
            children.remove(name);
            gone.countDown();
        }

        /** Ends only the process if it is still starting. Its start notices that. */
        void end() {
            SandboxSession ours = session;
            if (ours != null) {
                ours.close();
            } else {
                process.destroy();
            }
        }

        void awaitGone(Deadline deadline) throws InterruptedException {
            if (!gone.await(deadline.left().toNanos(), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly();
            }
        }
    }
}
