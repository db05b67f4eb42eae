package dev.sandpool.runner.sandbox.local;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of local sandboxes: one for each instance of a runner, named by its process id, below a folder that is the
 * user's own. No other user can prepare, or look into, what is searched and deleted there.
 */
record LocalState(Path folder) implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LocalState.class);
    private static final String PREFIX = "local-";

    static LocalState create() throws IOException {
        return below(OwnFolder.ofThisUser());
    }

    /** @param own the user's own folder */
    static LocalState below(Path own) throws IOException {
        return new LocalState(Files.createTempDirectory(
                own,
                PREFIX + ProcessHandle.current().pid() + "-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))));
    }

    Path add(String sandbox) throws IOException {
        return Files.createDirectory(folder.resolve(sandbox));
    }

    void remove(String sandbox) {
        deleteTree(folder.resolve(sandbox));
    }

    /** Deletes the folders of this user's runners that are not alive. */
    void deleteLeftovers() {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(folder.resolveSibling("."), PREFIX + "*")) {
            for (Path other : folders) {
                if (Files.isDirectory(other, NOFOLLOW_LINKS) && isDead(other)) {
                    new LocalState(folder.resolveSibling(other.getFileName())).close();
                }
            }
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("could not look for folders of earlier runners");
        }
    }

    private static boolean isDead(Path other) {
        String pid = other.getFileName().toString().substring(PREFIX.length()).split("-", 2)[0];
        try {
            return ProcessHandle.of(Long.parseLong(pid)).isEmpty();
        } catch (NumberFormatException e) {
            return false; // not the folder of a runner
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
     * Runsc with --network=none keeps an empty network namespace mounted in its root folder for the next sandbox. Two
     * that start at once mount two, one over the other.
     */
    private void unmountEmptyNetwork() {
        Path mounted = runscRoot().resolve("null-netns");
        try {
            while (Files.isRegularFile(mounted, NOFOLLOW_LINKS)
                    && Files.isDirectory(runscRoot(), NOFOLLOW_LINKS)
                    && unmount(mounted)) {}
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("mount", mounted).setCause(e).log("umount could not be started");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns false if nothing is mounted there. The path is real, so umount need not resolve links. */
    private static boolean unmount(Path mounted) throws IOException, InterruptedException {
        return new ProcessBuilder("umount", "--no-canonicalize", mounted.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    private static void deleteTree(Path root) {
        try {
            FolderTree.delete(root.resolveSibling("."), root.getFileName());
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("folder", root).setCause(e).log("a folder could not be deleted");
        }
    }
}
