package dev.sandpool.runner.sandbox;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The folder of local sandboxes: one below the system's temporary folder for each life of a runner, named by its process id. */
record LocalState(Path folder) implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LocalState.class);
    private static final String PREFIX = "sandpool-local-";

    static LocalState create() throws IOException {
        return new LocalState(
                Files.createTempDirectory(PREFIX + ProcessHandle.current().pid() + "-"));
    }

    Path add(String sandbox) throws IOException {
        return Files.createDirectory(folder.resolve(sandbox));
    }

    void remove(String sandbox) {
        deleteTree(folder.resolve(sandbox));
    }

    /** Deletes the folders of runners that are not alive. One that cannot be deleted, of another user perhaps, stays. */
    void deleteLeftovers() {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(folder.resolveSibling("."), PREFIX + "*")) {
            for (Path other : folders) {
                if (isDead(other)) {
                    new LocalState(other).close();
                }
            }
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("the folders of earlier lives could not be looked for");
        }
    }

    private static boolean isDead(Path other) {
        String pid = other.getFileName().toString().substring(PREFIX.length()).split("-", 2)[0];
        try {
            return ProcessHandle.of(Long.parseLong(pid)).isEmpty();
        } catch (NumberFormatException e) {
            return false; // not one of ours
        }
    }

    @Override
    public void close() {
        unmountEmptyNetwork();
        deleteTree(folder);
    }

    Path runscRoot() {
        return folder.resolve("runsc");
    }

    /**
     * Runsc with --network=none keeps an empty network namespace mounted in its root folder for the next sandbox; two that start at
     * once mount two, one over the other.
     */
    private void unmountEmptyNetwork() {
        Path mounted = runscRoot().resolve("null-netns");
        try {
            while (Files.exists(mounted) && unmount(mounted)) {}
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("mount", mounted).setCause(e).log("umount could not be started");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** False when nothing is mounted there. */
    private static boolean unmount(Path mounted) throws IOException, InterruptedException {
        return new ProcessBuilder("umount", mounted.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    private static void deleteTree(Path root) {
        try {
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
                        throws IOException {
                    Files.deleteIfExists(folder);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (NoSuchFileException e) {
            // Somebody was faster.
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("folder", root).setCause(e).log("a folder could not be deleted");
        }
    }
}
