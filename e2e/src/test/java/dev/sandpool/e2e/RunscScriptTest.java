package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which gVisor {@code make run} takes, on machines with a PATH, a cache and a Go that a test has made. */
class RunscScriptTest {
    private static final Path SCRIPT =
            Path.of("..", "scripts", "runsc").toAbsolutePath().normalize();

    // What the scripts use of a machine. The real PATH may have a Go or a runsc beside them.
    private static final List<String> TOOLS = List.of(
            "awk",
            "bash",
            "cat",
            "chmod",
            "cp",
            "dirname",
            "find",
            "flock",
            "mkdir",
            "mktemp",
            "mv",
            "renice",
            "rm",
            "sha256sum",
            "sort",
            "tail",
            "xargs");

    // It knows where its modules are and writes what it is to build.
    private static final String GO = """
            #!/usr/bin/env bash
            echo "$*" >>"$CALLS"
            case $1 in
              list) mkdir -p "$CALLS.library/pkg/sys" && echo "$CALLS.library" ;;
              build) while (($#)); do [[ $1 != -o ]] || { echo >"$2" && chmod +x "$2"; }; shift; done ;;
            esac
            """;

    @TempDir
    private Path folder;

    private Path programs;

    @BeforeEach
    void aMachineWithNothing() throws IOException {
        programs = Files.createDirectory(folder.resolve("bin"));
        for (String tool : TOOLS) {
            Files.createSymbolicLink(programs.resolve(tool), onPath(tool));
        }
    }

    private static Path onPath(String tool) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .map(each -> Path.of(each, tool))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no " + tool));
    }

    private void program(String name, String text) throws IOException {
        Path program = Files.writeString(programs.resolve(name), text);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private record Said(int exitCode, String output, String errors) {}

    private Said call(String... variables) throws Exception {
        var builder = new ProcessBuilder(SCRIPT.toString())
                .redirectOutput(folder.resolve("output").toFile())
                .redirectError(folder.resolve("errors").toFile());
        builder.environment().clear();
        builder.environment()
                .putAll(Map.of(
                        "PATH", programs.toString(),
                        "SANDPOOL_CACHE", folder.resolve("cache").toString(),
                        "CALLS", folder.resolve("calls").toString()));
        for (String variable : variables) {
            builder.environment().put(variable.split("=", 2)[0], variable.split("=", 2)[1]);
        }
        int exitCode = builder.start().waitFor();
        return new Said(
                exitCode, Files.readString(folder.resolve("output")), Files.readString(folder.resolve("errors")));
    }

    private List<String> calls() throws IOException {
        Path calls = folder.resolve("calls");
        return Files.exists(calls) ? Files.readAllLines(calls, StandardCharsets.UTF_8) : new ArrayList<>();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "/opt/runsc"})
    void whatIsSaidHolds(String said) throws Exception {
        program("runsc", "");
        program("go", GO);

        assertThat(call("SANDPOOL_RUNSC=" + said)).isEqualTo(new Said(0, said + "\n", ""));
        assertThat(calls()).isEmpty();
    }

    @Test
    void theOneOnThePathIsTakenAndNothingIsBuilt() throws Exception {
        program("runsc", "");
        program("go", GO);

        assertThat(call()).isEqualTo(new Said(0, programs.resolve("runsc") + "\n", ""));
        assertThat(calls()).isEmpty();
    }

    @Test
    void whereThereIsGoItIsBuiltOnceAndThatIsSaid() throws Exception {
        program("go", GO);

        Said built = call();
        assertThat(built.exitCode()).isZero();
        assertThat(Path.of(built.output().strip()))
                .isExecutable()
                .startsWith(folder.resolve("cache"))
                .hasFileName("runsc");
        assertThat(built.errors()).contains("building gVisor with Go", "a minute or two", "Building gvisor 0.");
        assertThat(calls()).anyMatch(call -> call.endsWith("gvisor.dev/gvisor/runsc"));

        Files.delete(programs.resolve("go"));
        assertThat(call()).isEqualTo(new Said(0, built.output(), ""));
    }

    @Test
    void aBuildThatFailsIsTheEnd() throws Exception {
        program("go", GO.replace("case", "[[ $1 != mod ]] || { echo no network; exit 1; }\ncase"));

        Said said = call();
        assertThat(said.exitCode()).isEqualTo(1);
        assertThat(said.output()).isEmpty();
        assertThat(said.errors()).contains("no network", "SANDPOOL_RUNSC=none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "#!/usr/bin/env bash\nexit 1 # too old\n"})
    void withoutAGoThatWillDoThatIsSaidLoudly(String go) throws Exception {
        if (!go.isEmpty()) {
            program("go", go);
        }

        Said said = call();
        assertThat(said.exitCode()).isZero();
        assertThat(said.output()).isEqualTo("none\n");
        assertThat(said.errors())
                .hasLineCount(3)
                .containsPattern("WARNING: THERE IS NO gVISOR HERE, AND NO GO 1\\.[0-9.]+ OR LATER")
                .contains("run only programs that you trust", "SANDPOOL_RUNSC=none");
    }
}
