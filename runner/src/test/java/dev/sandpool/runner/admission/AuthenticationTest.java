package dev.sandpool.runner.admission;

import static dev.sandpool.runner.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.AuthenticationSpec.TokenReviewSpec;
import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.TestSettings;
import dev.sandpool.runner.sandbox.TokenReviewer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code Authorization: Bearer}, on the wire. */
class AuthenticationTest {
    private static final String CLUSTER_TOKEN = "e30.e30.c2ln";

    @TempDir
    Path tokens;

    private final FakeSandboxes sandboxes = new FakeSandboxes(FakeSandboxes.printing("hello", 0));
    private final List<String> reviewed = new ArrayList<>();

    @BeforeEach
    void giveOut() throws Exception {
        Files.writeString(tokens.resolve("frontend"), "s3cret\n");
    }

    @Test
    void whoHasATokenRunsAndNobodyElse() throws Exception {
        try (var server = new RunningServer(sandboxes, "--tokens-directory=" + tokens)) {
            assertThat(server.ask(post("p", "Authorization: Bearer s3cret")).status())
                    .isEqualTo(200);
            assertThat(server.ask(post("p", "authorization: bearer s3cret")).status())
                    .isEqualTo(200);

            var without = server.ask(post("p"));
            assertThat(without.status()).isEqualTo(401);
            assertThat(without.header("www-authenticate")).isEqualTo("Bearer");
            assertThat(without.body()).isEqualTo("a bearer token is needed\n");
            var wrong = server.ask(post("p", "Authorization: Bearer s3crets"));
            assertThat(wrong.status()).isEqualTo(401);
            assertThat(wrong.body()).isEqualTo("the bearer token is not known\n");
            for (String bad : List.of("Bearer ", "Basic s3cret", "s3cret", "Bearer s3cret s3cret")) {
                assertThat(server.ask(post("p", "Authorization: " + bad)).status())
                        .as(bad)
                        .isEqualTo(401);
            }
            assertThat(server.ask(post("p", "Authorization: Bearer s3cret", "Authorization: Bearer x"))
                            .status())
                    .isEqualTo(401);
            assertThat(sandboxes.runs()).isEqualTo(2);
        }
    }

    @Test
    void whoHasNoneStillLearnsWhetherTheRunnerIsWell() throws Exception {
        try (var server = new RunningServer(sandboxes, "--tokens-directory=" + tokens)) {
            assertThat(server.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status()).isEqualTo(200);
            assertThat(server.ask(post("p", "Authorization: Bearer s3cret")).status())
                    .isEqualTo(200);
            assertThat(server.ask("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").status())
                    .isEqualTo(200);
            assertThat(server.askAdmin("/readyz").status()).isEqualTo(200);
            assertThat(server.askAdmin("/metrics").body()).doesNotContain("s3cret", "frontend");
        }
    }

    @Test
    void withoutAnyTokensNobodyGetsIn() throws Exception {
        Files.delete(tokens.resolve("frontend"));
        try (var server = new RunningServer(sandboxes, "--tokens-directory=" + tokens)) {
            var reply = server.ask(post("p", "Authorization: Bearer s3cret"));

            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.body()).isEqualTo("tokens cannot be checked now\n");
            assertThat(reply.header("retry-after")).isEqualTo("5");
            assertThat(sandboxes.runs()).isZero();
        }
    }

    @Test
    void theClusterIsAskedAboutTokensThatLookLikeItsOwn() throws Exception {
        try (var server = reviewing((token, audiences) -> {
            reviewed.add(token + audiences);
            return Optional.of("system:serviceaccount:team:frontend");
        })) {
            assertThat(server.ask(post("p", "Authorization: Bearer " + CLUSTER_TOKEN))
                            .status())
                    .isEqualTo(200);
            assertThat(server.ask(post("p", "Authorization: Bearer " + CLUSTER_TOKEN))
                            .status())
                    .isEqualTo(200);
            assertThat(server.ask(post("p", "Authorization: Bearer s3cret")).status())
                    .isEqualTo(401);

            assertThat(reviewed).containsExactly(CLUSTER_TOKEN + "[sandpool]");
        }
    }

    @Test
    void aClusterThatDoesNotAnswerLetsNobodyIn() throws Exception {
        try (var server = reviewing((_, _) -> {
            throw new TokenReviewer.NotReviewedException("it did not answer");
        })) {
            var reply = server.ask(post("p", "Authorization: Bearer " + CLUSTER_TOKEN));

            assertThat(reply.status()).isEqualTo(503);
            assertThat(reply.header("retry-after")).isEqualTo("5");
        }
    }

    @Test
    void anyOfTheTwoKindsWillDoAndASecretThatIsNotThereIsNone() throws Exception {
        try (var server = reviewing((_, _) -> Optional.of("somebody"))) {
            apply(server, "tokens", new TokenReviewSpec(List.of()));
            assertThat(server.ask(post("p", "Authorization: Bearer " + CLUSTER_TOKEN))
                            .status())
                    .isEqualTo(200);
            assertThat(server.ask(post("p", "Authorization: Bearer s3cret")).status())
                    .isEqualTo(503);
        }
    }

    private RunningServer reviewing(TokenReviewer reviewer) {
        var server = new RunningServer(sandboxes, reviewer);
        apply(server, null, new TokenReviewSpec(List.of("sandpool")));
        return server;
    }

    private static void apply(RunningServer server, @Nullable String secret, TokenReviewSpec review) {
        server.server.apply(TestSettings.changed(
                server.settings,
                "authentication: {tokensSecret: %s, tokenReview: {audiences: %s}}"
                        .formatted(secret, review.audiences())));
    }
}
