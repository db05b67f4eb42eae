package dev.sandpool.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code make krew} makes of the kubectl plugin. */
class KrewTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    @TempDir
    private Path folder;

    @Test
    void theSameSourcesAreTheSameArchiveWhateverTheUmask() throws Exception {
        byte[] one = Files.readAllBytes(archive(made("one", "umask 022")));
        byte[] other = Files.readAllBytes(archive(made("other", "umask 077")));

        assertThat(other).isEqualTo(one);
    }

    @Test
    void theManifestNamesTheVersionOfTheProjectAndTheHashOfTheArchive() throws Exception {
        Path made = made("made", "export KREW_URI=https://files.example/plugin.tar.gz");

        JsonNode manifest = Serialization.unmarshal(Files.readString(manifest(made)), JsonNode.class);
        JsonNode spec = manifest.path("spec");
        JsonNode platform = spec.path("platforms").path(0);
        assertThat(manifest.at("/metadata/name").asText()).isEqualTo("sandpool");
        assertThat(spec.path("version").asText()).isEqualTo("v" + projectVersion());
        assertThat(spec.path("shortDescription").asText()).hasSizeBetween(1, 80).doesNotEndWith(".");
        assertThat(platform.path("uri").asText()).isEqualTo("https://files.example/plugin.tar.gz");
        assertThat(platform.path("sha256").asText()).isEqualTo(sha256(archive(made)));
        assertThat(platform.path("bin").asText()).isEqualTo("kubectl-sandpool");
        assertThat(said(List.of("tar", "tzf", archive(made).toString()))).isEqualTo("kubectl-sandpool\nLICENSE\n");
    }

    @Test
    @Timeout(600)
    void krewInstallsIt() throws Exception {
        assumeTrue(
                Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                        .anyMatch(place -> Files.isExecutable(Path.of(place, "go"))),
                "there is no go here to build krew with");
        Path made = made("made", "true");
        Path root = folder.resolve("krew");

        bash("""
                source %s/e2e/cluster/lib.sh
                "$CLUSTER/build" krew
                export KREW_ROOT=%s KREW_NO_UPGRADE_CHECK=1
                "$(program_dir krew)/krew" install --manifest=%s --archive=%s
                """.formatted(ROOT, root, manifest(made), archive(made)));

        assertThat(said(List.of(root.resolve("bin/kubectl-sandpool").toString(), "--help")))
                .startsWith("Usage: kubectl sandpool COMMAND");
        assertThat(root.resolve("store/sandpool/v" + projectVersion() + "/LICENSE"))
                .exists();
    }

    /** The folder of that name, made after a command of the shell. */
    private Path made(String name, String before) throws Exception {
        Path made = folder.resolve(name);
        bash("%s%n%s/scripts/krew %s".formatted(before, ROOT, made));
        return made;
    }

    private static Path archive(Path made) {
        return made.resolve("kubectl-sandpool.tar.gz");
    }

    private static Path manifest(Path made) {
        return made.resolve("sandpool.yaml");
    }

    private static String projectVersion() throws IOException {
        return Files.readString(ROOT.resolve("pom.xml")).split("<version>|</version>", 3)[1];
    }

    private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }

    private static void bash(String script) throws IOException, InterruptedException {
        said(List.of("bash", "-euc", script));
    }

    private static String said(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }
}
