package dev.sandpool.runner.sandbox.local;

import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.session.IsolationRequirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The command that starts a local sandbox, with its degree of isolation. */
sealed interface LocalCommand {
    /** Returns the child process, not started yet. The folder is the sandbox's own. */
    ProcessBuilder process(String sandbox, Path folder) throws IOException;

    /** Removes what the child process, which has ended, left behind. */
    void cleanUp(String sandbox);

    IsolationRequirements requirements();

    String isolation();

    static LocalCommand choose(LocalSandboxes.Settings settings, SandboxLimits limits, LocalState state) {
        if (settings.runsc().isEmpty()) {
            return new Bare(settings.contained(), "runsc was not found or is switched off");
        }
        if (settings.rootfs().isEmpty()) {
            return new Bare(settings.contained(), "runsc is there, but no root file system for it was given");
        }
        RunscBundle bundle = new RunscBundle(settings.rootfs().get(), settings.contained(), tmpfsBytes(limits));
        return new Gvisor(settings.runsc().get(), state.runscRoot(), bundle, !isRoot());
    }

    // The program's file, and as much again for what the program writes. An unused part takes no memory.
    private static long tmpfsBytes(SandboxLimits limits) {
        return limits.binaryBytes() + limits.memoryBytes();
    }

    private static boolean isRoot() {
        try {
            return OwnFolder.thisUser() == 0;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** Runs contained directly, in the namespaces that the machine allows. */
    record Bare(Path contained, String whyNoGvisor) implements LocalCommand {
        @Override
        public ProcessBuilder process(String sandbox, Path folder) {
            return new ProcessBuilder(contained.toString(), "--tmpfs", folder.toString()).directory(folder.toFile());
        }

        @Override
        public void cleanUp(String sandbox) {}

        @Override
        public IsolationRequirements requirements() {
            return IsolationRequirements.NONE;
        }

        @Override
        public String isolation() {
            return "NOT ISOLATED BY GVISOR: programs run on this machine's own kernel and see its files, in whatever namespaces"
                    + " contained gets; run only programs that you trust (" + whyNoGvisor + ")";
        }
    }

    /**
     * Runs contained in gVisor.
     *
     * @param rootless whether runsc runs in a user namespace of its own, as it must if this user is not root
     */
    record Gvisor(Path runsc, Path root, RunscBundle bundle, boolean rootless) implements LocalCommand {
        private static final Logger LOG = LoggerFactory.getLogger(Gvisor.class);

        // The sandbox's kernel has ended before, so only files are left to delete.
        private static final long LONGEST_DELETE_SECONDS = 10;

        @Override
        public ProcessBuilder process(String sandbox, Path folder) throws IOException {
            bundle.writeTo(folder);
            return new ProcessBuilder(command("run", "--bundle", folder.toString(), sandbox))
                    .directory(folder.toFile());
        }

        /** Does nothing if runsc ended normally: then it has cleaned up itself. */
        @Override
        public void cleanUp(String sandbox) {
            if (!Files.exists(root.resolve(sandbox + "_sandbox:" + sandbox + ".state"))) {
                return;
            }
            try {
                Process delete = new ProcessBuilder(command("delete", "--force", sandbox))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                if (!delete.waitFor(LONGEST_DELETE_SECONDS, TimeUnit.SECONDS)) {
                    delete.destroyForcibly();
                }
            } catch (IOException e) {
                LOG.atWarn().addKeyValue("sandbox", sandbox).setCause(e).log("runsc delete could not be started");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private List<String> command(String... arguments) {
            List<String> command = new ArrayList<>(List.of(
                    runsc.toString(), "--root=" + root, "--platform=systrap", "--network=none", "--ignore-cgroups"));
            if (rootless) {
                command.add("--rootless");
            }
            command.addAll(List.of(arguments));
            return command;
        }

        /** Returns why gVisor starts no sandbox here, and what can be done, for a user who asked for gVisor. */
        String refusal(String whatWasSaid) {
            Optional<String> rule = UserNamespaces.ofThisMachine(!rootless).whatForbidsThem();
            return "gVisor can start no sandbox here: "
                    + rule.map(forbidden -> forbidden + " (see docs/local.md); ")
                            .orElse("")
                    + whatWasSaid
                    + "; SANDPOOL_RUNSC=none runs programs that you trust without gVisor";
        }

        @Override
        public IsolationRequirements requirements() {
            return IsolationRequirements.GVISOR;
        }

        @Override
        public String isolation() {
            return "isolated by gVisor: each program runs under runsc (systrap" + (rootless ? ", rootless" : "")
                    + "), as user 65532, without a network";
        }
    }
}
