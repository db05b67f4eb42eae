package dev.sandpool.runner.sandbox.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where local sandboxes keep what they need, and what somebody else may have put there. */
class LocalStateTest {
    // Beyond the largest that Linux gives.
    private static final String DEAD = "local-4194305-x";

    @TempDir
    private Path folder;

    private int user;

    @BeforeEach
    void whoIsThis() throws IOException {
        user = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    private Path made(String name, String mode) throws IOException {
        Path made = Files.createDirectory(folder.resolve(name));
        return Files.setPosixFilePermissions(made, PosixFilePermissions.fromString(mode));
    }

    /** As somebody who is not root, who has a place of his own. */
    private Path own(Map<String, String> environment) throws IOException {
        return new OwnFolder(environment, folder.resolve("home"), user).make();
    }

    @Test
    void theSessionsFolderIsUsedIfItIsOurs() throws IOException {
        Path session = made("session", "rwx------");

        Path own = own(Map.of("XDG_RUNTIME_DIR", session.toString()));

        assertThat(own).isEqualTo(session.toRealPath().resolve("sandpool"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(own)))
                .isEqualTo("rwx------");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxr-xr-x", "rwxrwx---", "rwx-----x"})
    void aFolderThatOthersMayUseIsRefused(String mode) throws IOException {
        Path session = made("session", "rwx------");
        made("session/sandpool", mode);

        assertThatThrownBy(() -> own(Map.of("XDG_RUNTIME_DIR", session.toString())))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/sandpool must be a folder of this user's, and no link");
    }

    @Test
    void aLinkInItsPlaceIsRefused() throws IOException {
        Path session = made("session", "rwx------");
        Path other = made("other", "rwx------");
        Files.createSymbolicLink(session.resolve("sandpool"), other);

        assertThatThrownBy(() -> own(Map.of("XDG_RUNTIME_DIR", session.toString())))
                .hasMessageContaining("no link");
    }

    @Test
    void aFolderOfSomebodyElseIsRefused() throws IOException {
        Path cache = made("cache", "rwx------");
        made("cache/sandpool", "rwx------");
        made("cache/sandpool/run", "rwx------");
        var stranger = new OwnFolder(Map.of("XDG_CACHE_HOME", cache.toString()), folder, user + 1);

        assertThatThrownBy(stranger::make).hasMessageContaining("/run must be a folder of this user's");
    }

    @Test
    void whoHasNoPlaceIsToldHowToGetOne() throws IOException {
        Files.createFile(folder.resolve("home"));

        assertThatThrownBy(new OwnFolder(Map.of(), folder.resolve("home"), user + 1)::make)
                .hasMessageContaining("home/.cache/sandpool cannot be made: set XDG_RUNTIME_DIR");
    }

    @Test
    void aFolderInOneThatAllMayWriteToIsRefused() throws IOException {
        Path session = made("session", "rwx------");
        made("open", "rwxrwxrwx");
        Files.move(session, folder.resolve("open/session"));

        assertThatThrownBy(() -> own(Map.of("XDG_RUNTIME_DIR", folder + "/open/session")))
                .hasMessageContaining("others may replace what is in " + folder.toRealPath() + "/open");
    }

    @Test
    void whatDeadRunnersLeftIsDeletedAndWhatLivingOnesHaveIsNot() throws IOException {
        Path dead = made(DEAD, "rwx------");
        Files.writeString(Files.createDirectories(dead.resolve("local-1/deep")).resolve("file"), "x");
        Path living = made("local-" + ProcessHandle.current().pid() + "-y", "rwx------");
        Path notOurs = made("local-x", "rwx------");
        try (LocalState state = LocalState.below(folder)) {
            state.deleteLeftovers();

            assertThat(dead).doesNotExist();
            assertThat(living).exists();
            assertThat(notOurs).exists();
            assertThat(state.folder()).exists();
        }
    }

    @Test
    void nothingIsFollowedThroughLinks() throws IOException {
        Path others = made("others", "rwx------");
        Path kept = Files.writeString(others.resolve("kept"), "x");
        Files.createSymbolicLink(folder.resolve(DEAD), others);
        Path dead = made("local-4194306-x", "rwx------");
        Files.createSymbolicLink(dead.resolve("local-1"), others);
        Files.createSymbolicLink(dead.resolve("runsc"), others);
        LocalState state = LocalState.below(folder);
        Files.createSymbolicLink(state.folder().resolve("local-2"), others);

        state.remove("local-2");
        state.deleteLeftovers();
        state.close();

        assertThat(kept).exists();
        assertThat(dead).doesNotExist();
        assertThat(state.folder()).doesNotExist();
        assertThat(folder.resolve(DEAD)).isSymbolicLink();
    }

    @Test
    void aTreeThatIsGoneIsNoFailure() throws IOException {
        FolderTree.delete(folder, Path.of("nothing"));
        FolderTree.delete(folder.resolve("nowhere"), Path.of("nothing"));
        assertThat(folder).isEmptyDirectory();
    }
}
