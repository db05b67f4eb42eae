package dev.sandpool.runner.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.crds.AuthenticationSpec;
import dev.sandpool.crds.CallersSpec;
import dev.sandpool.crds.CorsSpec;
import dev.sandpool.crds.LauncherSpec;
import dev.sandpool.crds.PoolRules;
import dev.sandpool.crds.ReuseSpec;
import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.Launchers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalPoolTest {
    @TempDir
    private Path folder;

    private static PoolRules rules(String... flags) throws BadConfigException {
        var settings = new Settings(Map.of(), List.of(flags));
        PoolRules rules = LocalPool.read(settings).rules();
        if (!settings.errors().isEmpty()) {
            throw new BadConfigException(settings.errors());
        }
        return rules;
    }

    private String flag(String content) throws IOException {
        return "--launchers=" + Files.writeString(folder.resolve("launchers.yaml"), content);
    }

    @Test
    void nothingSaidIsNothingAllowed() throws Exception {
        assertThat(rules().launchers()).isEmpty();
        assertThat(rules().cors()).isEqualTo(CorsSpec.defaults());
        assertThat(rules().callers()).isEqualTo(CallersSpec.defaults());
        assertThat(rules().authentication()).isEqualTo(AuthenticationSpec.defaults());
        assertThat(rules().reuse()).isEqualTo(ReuseSpec.defaults());
    }

    @Test
    void launchersAreReadFromYamlAndFromJson() throws Exception {
        var wasm = new LauncherSpec("wasm", "0061736d", null, 0, null, List.of("/bin/wasm", "run"));
        assertThat(rules(flag("- name: wasm\n  magic: 0061736d\n  command: [/bin/wasm, run]\n"))
                        .launchers())
                .containsExactly(wasm);
        assertThat(rules(flag("[{\"name\":\"wasm\",\"magic\":\"0061736d\",\"command\":[\"/bin/wasm\",\"run\"]}]"))
                        .launchers())
                .containsExactly(wasm);
    }

    @Test
    void whatIsWrongWithLaunchersIsToldWithTheSetting() throws Exception {
        refused("SANDPOOL_LAUNCHERS", "must be a file", "--launchers=/nowhere");
        refused("as spec.launchers", "Unrecognized field", flag("- {name: x, magik: ab, command: [/x]}"));
        refused("as spec.launchers", "", flag("{}"));
        refused("as spec.launchers", "something in it is empty", flag("null"));
        refused("as spec.launchers", "something in it is empty", flag("- {name: x, magic: ab, command: [/x]}\n- "));
        refused("launcher x: must have magic or contains", "", flag("- {name: x, command: [/x]}"));
    }

    /** A pool's duration has at most six digits, and a setting may have more. */
    @Test
    void aLongTimeInMillisecondsIsTakenInSeconds() throws Exception {
        assertThat(rules("--start-timeout=999999ms").startTimeout()).isEqualTo("999999ms");
        assertThat(rules("--start-timeout=1000001ms").startTimeout()).isEqualTo("1000s");
        assertThat(rules("--queue-timeout=3599999ms").queueTimeout()).isEqualTo("3599s");
        assertThat(rules("--reuse-age=3600000ms").reuse().maxAge()).isEqualTo("60m");
    }

    @Test
    void originsAreSeparatedByCommas() throws Exception {
        assertThat(rules("--cors-origins=https://a.example, http://localhost:3000")
                        .cors()
                        .allowedOrigins())
                .containsExactly("https://a.example", "http://localhost:3000");
        refused("--cors-origins=a.example", "must be origins", "--cors-origins=a.example");
    }

    private static void refused(String source, String words, String flag) {
        assertThatThrownBy(() -> rules(flag))
                .isInstanceOfSatisfying(
                        BadConfigException.class,
                        e -> assertThat(e.lines())
                                .contains(flag, words)
                                .contains(source.replace("SANDPOOL_LAUNCHERS", "--launchers")));
    }

    /** From the setting to each run, whoever asks for it. */
    @Test
    void aRunGetsTheLaunchers() throws Exception {
        var told = new AtomicReference<Launchers>(Launchers.NONE);
        var sandboxes = new FakeSandboxes((request, output, sandbox) -> {
            told.set(request.launchers());
            sandbox.receive(request);
            return FakeSandboxes.EXIT_0;
        });
        try (var server = new RunningServer(sandboxes, flag("- {name: x, magic: ab, command: [/x]}"))) {
            assertThat(server.ask(RawClient.post("program")).status()).isEqualTo(200);
        }
        assertThat(told.get()).isNotSameAs(Launchers.NONE);
    }
}
