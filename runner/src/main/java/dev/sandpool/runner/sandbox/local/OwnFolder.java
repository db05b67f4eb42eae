package dev.sandpool.runner.sandbox.local;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The folder in which this user's local sandboxes keep their files. It belongs to this user, and no other user can read
 * or write it. It is never in a folder where others could have prepared it.
 */
final class OwnFolder {
    private static final String NAME = "sandpool";
    private static final Path RUN = Path.of("/run");
    private static final Set<PosixFilePermission> OURS_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final FileAttribute<Set<PosixFilePermission>> AS_OURS =
            PosixFilePermissions.asFileAttribute(OURS_ONLY);
    private static final int OTHERS_WRITE = 0002;
    private static final int STICKY = 01000;

    private final Map<String, String> environment;
    private final Path home;
    private final int user;

    /** @param home the home folder of the user */
    OwnFolder(Map<String, String> environment, Path home, int user) {
        this.environment = environment;
        this.home = home;
        this.user = user;
    }

    /** Returns the folder of the user who runs this process. */
    static Path ofThisUser() throws IOException {
        return new OwnFolder(System.getenv(), Path.of(System.getProperty("user.home")), thisUser()).make();
    }

    /** @throws UnsupportedOperationException if this is no Unix */
    static int thisUser() throws IOException {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    /**
     * Returns the folder; creates it if it does not exist.
     *
     * @throws IOException if another user could have put something there
     */
    Path make() throws IOException {
        Optional<Path> ofTheSession = path("XDG_RUNTIME_DIR").filter(this::isOurs);
        if (ofTheSession.isPresent()) {
            return checked(ofTheSession.get().resolve(NAME));
        }
        if (user == 0 && Files.isWritable(RUN)) {
            return checked(RUN.resolve(NAME));
        }
        Path cache = path("XDG_CACHE_HOME").orElse(home.resolve(".cache"));
        try {
            return checked(Files.createDirectories(cache.resolve(NAME), AS_OURS).resolve("run"));
        } catch (FileSystemException e) {
            throw new IOException(
                    cache.resolve(NAME)
                            + " cannot be made: set XDG_RUNTIME_DIR to a folder of this user's, of mode 0700",
                    e);
        }
    }

    private Optional<Path> path(String variable) {
        return Optional.ofNullable(environment.get(variable)).map(Path::of).filter(Path::isAbsolute);
    }

    private Path checked(Path folder) throws IOException {
        try {
            Files.createDirectory(folder, AS_OURS);
        } catch (FileAlreadyExistsException e) {
            // The next lines check what it is.
        }
        if (!isOurs(folder)) {
            throw new IOException(
                    folder + " must be a folder of this user's, and no link, that nobody else may use (mode 0700):"
                            + " move it away, or set XDG_RUNTIME_DIR");
        }
        // From here on its real path is used, so that a link which is changed later has no effect.
        Path real = folder.toRealPath();
        for (Path above = real.getParent(); above != null; above = above.getParent()) {
            int mode = (int) Files.getAttribute(above, "unix:mode", NOFOLLOW_LINKS);
            int owner = (int) Files.getAttribute(above, "unix:uid", NOFOLLOW_LINKS);
            if ((owner != 0 && owner != user) || ((mode & OTHERS_WRITE) != 0 && (mode & STICKY) == 0)) {
                throw new IOException(real + " cannot be used: others may replace what is in " + above
                        + "; set XDG_RUNTIME_DIR to a folder of this user's");
            }
        }
        return real;
    }

    private boolean isOurs(Path folder) {
        try {
            return Files.isDirectory(folder, NOFOLLOW_LINKS)
                    && Files.getAttribute(folder, "unix:uid", NOFOLLOW_LINKS).equals(user)
                    && Files.getPosixFilePermissions(folder, NOFOLLOW_LINKS).equals(OURS_ONLY);
        } catch (IOException e) {
            return false;
        }
    }
}
