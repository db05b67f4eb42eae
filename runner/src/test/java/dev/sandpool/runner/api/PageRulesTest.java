package dev.sandpool.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.CorsSpec;
import dev.sandpool.runner.api.PageRules.Said;
import dev.sandpool.runner.config.HostNames;
import dev.sandpool.runner.run.Problem;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PageRulesTest {
    private static final CorsSpec NONE = CorsSpec.defaults();
    private static final HostNames LOOPBACK = new HostNames(false, Set.of("play.example"));

    private static List<String> list(@Nullable String value) {
        return value == null ? List.of() : List.of(value);
    }

    private static String refusal(Said said, HostNames names, CorsSpec cors) {
        return PageRules.refusal(said, names, cors).map(Problem::name).orElse("none");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                // Host, X-Forwarded-Host, Origin, Sec-Fetch-Site
                "go.team,-,-,-,none", // curl, the frontend
                "go.team,-,http://go.team,-,none", // the page, by the Service's name
                "go.team:8080,-,http://go.team:8080,-,none",
                "go.team:80,-,http://go.team,-,none",
                "GO.team,-,http://go.team,-,none",
                "go.team,-,https://go.team,-,none", // a proxy with TLS before it
                "go.team:443,-,https://go.team,-,none",
                "10.0.0.1,play.example,https://play.example,-,none", // a proxy with a Host of its own
                "10.0.0.1,-,http://127.0.0.1:8001,same-origin,none", // kubectl proxy
                "go.team,-,-,same-origin,none",
                "go.team,-,-,none,none", // typed in by somebody
                "go.team,-,http://evil.example,-,other-origin",
                "go.team,-,http://go.team:81,-,other-origin",
                "go.team,-,http://go.team.evil.example,-,other-origin",
                "go.team,-,null,-,other-origin",
                "go.team,-,::,-,other-origin",
                "go.team,-,-,cross-site,other-origin", // a form, an image, or fetch without cors
                "go.team,-,-,same-site,other-origin",
                "go.team,-,http://evil.example,cross-site,other-origin",
                "go.team,-,http://go.team,cross-site,other-origin",
                "go.team,-,http://evil.example,none,other-origin",
                "go.team,-,-,of-the-future,other-origin",
            })
    void pagesOfOtherOriginsAreRefused(
            String host, @Nullable String forwarded, @Nullable String origin, @Nullable String site, String refusal) {
        var said = new Said(list(host), list(forwarded), list(origin), list(site));

        assertThat(refusal(said, HostNames.ANY, NONE)).isEqualTo(refusal);
        assertThat(refusal(said, HostNames.ANY, new CorsSpec(List.of("*")))).isEqualTo("none");
    }

    @ParameterizedTest
    @CsvSource({"https://b.example,none", "https://a.example,none", "https://c.example,other-origin"})
    void thoseThatThePoolAllowsAreNot(String origin, String refusal) {
        var cors = new CorsSpec(List.of("https://a.example", "https://b.example"));

        assertThat(refusal(
                        new Said(List.of("x"), List.of(), List.of(origin), List.of("cross-site")), HostNames.ANY, cors))
                .isEqualTo(refusal);
        assertThat(refusal(
                        new Said(List.of("x"), List.of(), List.of(origin, "https://d.example"), List.of()),
                        HostNames.ANY,
                        cors))
                .isEqualTo("other-origin");
    }

    /** A name that its owner has made stand for 127.0.0.1: for the browser its page and the runner are of one origin. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8080",
                "127.0.0.1.evil.example",
                "localhost.evil.example",
                "",
                "a:b:c"
            })
    void anotherNameIsNotOurs(String host) {
        var said = new Said(List.of(host), List.of(), List.of("http://" + host), List.of("same-origin"));

        assertThat(refusal(said, LOOPBACK, NONE)).isEqualTo("unknown-host");
        assertThat(refusal(said, LOOPBACK, new CorsSpec(List.of("*")))).isEqualTo("unknown-host");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LocalHost:8080",
                "localhost.:8080",
                "ui.localhost",
                "127.0.0.1:8080",
                "127.1.2.3",
                "[::1]:8080",
                "[::1]",
                "play.example:8080"
            })
    void theNamesOfTheLoopbackAddressAndThoseThatAreSetAre(String host) {
        assertThat(refusal(new Said(List.of(host), List.of(), List.of(), List.of()), LOOPBACK, NONE))
                .isEqualTo("none");
    }
}
