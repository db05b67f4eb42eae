package dev.sandpool.runner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.sandbox.TokenReviewer.NotReviewedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long what is known of a token holds. */
class TokenChecksTest {
    private static final TokenVerdict UNKNOWN = new TokenVerdict.Unknown();

    @TempDir
    Path folder;

    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger asked = new AtomicInteger();

    @Test
    void tokensFollowTheirFilesAsTheKubeletSwapsThem() throws Exception {
        version("..1", "a", "first");
        Files.createSymbolicLink(folder.resolve("..data"), Path.of("..1"));
        Files.createSymbolicLink(folder.resolve("a"), Path.of("..data/a"));
        var files = new TokenFiles(folder, nanos::get);
        assertThat(files.check("first")).isEqualTo(new TokenVerdict.Known(Caller.ofToken("a")));

        version("..2", "a", "second");
        Files.delete(folder.resolve("..data"));
        Files.createSymbolicLink(folder.resolve("..data"), Path.of("..2"));
        pass(Duration.ofSeconds(1));

        assertThat(files.check("first")).isEqualTo(UNKNOWN);
        assertThat(files.check("second")).isEqualTo(new TokenVerdict.Known(Caller.ofToken("a")));
    }

    @Test
    void anEmptyTokenOpensNothing() throws Exception {
        Files.writeString(folder.resolve("a"), "\n");
        Files.writeString(folder.resolve("b"), "good");
        var files = new TokenFiles(folder, nanos::get);

        assertThat(files.check("")).isEqualTo(UNKNOWN);
        assertThat(files.check("good")).isEqualTo(new TokenVerdict.Known(Caller.ofToken("b")));
    }

    @Test
    void aSecretThatIsGoneLetsNobodyInUntilItIsBack() throws Exception {
        var files = new TokenFiles(folder.resolve("missing"), nanos::get);
        assertThat(files.check("good")).isInstanceOf(TokenVerdict.Undecided.class);

        Files.createDirectory(folder.resolve("missing"));
        Files.writeString(folder.resolve("missing/a"), "good");
        pass(Duration.ofSeconds(1));

        assertThat(files.check("good")).isInstanceOf(TokenVerdict.Known.class);
    }

    @Test
    void aYesHoldsAMinuteAndANoFiveSeconds() throws Exception {
        var reviews = new TokenReviews(
                (token, _) -> {
                    asked.incrementAndGet();
                    return token.startsWith("good") ? Optional.of("u") : Optional.empty();
                },
                List.of(),
                nanos::get);
        reviews.check("good.e30.s");
        assertThat(reviews.check("bad.e30.s")).isEqualTo(UNKNOWN);

        pass(Duration.ofMillis(4999));
        assertThat(reviews.check("bad.e30.s")).isEqualTo(UNKNOWN);
        assertThat(asked.get()).isEqualTo(2);
        pass(Duration.ofMillis(1));
        reviews.check("bad.e30.s");
        assertThat(asked.get()).isEqualTo(3);
        pass(Duration.ofMillis(54_999));
        assertThat(reviews.check("good.e30.s")).isEqualTo(new TokenVerdict.Known(Caller.ofUser("u")));
        assertThat(asked.get()).isEqualTo(3);
        pass(Duration.ofMillis(1));
        reviews.check("good.e30.s");
        assertThat(asked.get()).isEqualTo(4);
    }

    @Test
    void thatTheClusterDidNotAnswerIsNotRemembered() throws Exception {
        var reviews = new TokenReviews(
                (_, _) -> {
                    if (asked.incrementAndGet() == 1) {
                        throw new NotReviewedException("away");
                    }
                    return Optional.of("u");
                },
                List.of(),
                nanos::get);

        assertThat(reviews.check("a.b.c")).isEqualTo(new TokenVerdict.Undecided("away"));
        assertThat(reviews.check("a.b.c")).isInstanceOf(TokenVerdict.Known.class);
    }

    private void version(String name, String key, String token) throws Exception {
        Files.createDirectory(folder.resolve(name));
        Files.writeString(folder.resolve(name).resolve(key), token);
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }
}
