package dev.sandpool.runner.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.sandbox.TokenReviewer.NotReviewedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long what is known of a token holds. */
class TokenChecksTest {
    private static final Caller HERE = Caller.ofHeader("here");
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
        assertThat(files.check("first", HERE)).isEqualTo(new TokenVerdict.Known(Caller.ofToken("a")));

        version("..2", "a", "second");
        Files.delete(folder.resolve("..data"));
        Files.createSymbolicLink(folder.resolve("..data"), Path.of("..2"));
        pass(Duration.ofSeconds(1));

        assertThat(files.check("first", HERE)).isEqualTo(UNKNOWN);
        assertThat(files.check("second", HERE)).isEqualTo(new TokenVerdict.Known(Caller.ofToken("a")));
    }

    @Test
    void anEmptyTokenOpensNothing() throws Exception {
        Files.writeString(folder.resolve("a"), "\n");
        Files.writeString(folder.resolve("b"), "good");
        var files = new TokenFiles(folder, nanos::get);

        assertThat(files.check("", HERE)).isEqualTo(UNKNOWN);
        assertThat(files.check("good", HERE)).isEqualTo(new TokenVerdict.Known(Caller.ofToken("b")));
    }

    @Test
    void aSecretThatIsGoneLetsNobodyInUntilItIsBack() throws Exception {
        var files = new TokenFiles(folder.resolve("missing"), nanos::get);
        assertThat(files.check("good", HERE)).isInstanceOf(TokenVerdict.Undecided.class);

        Files.createDirectory(folder.resolve("missing"));
        Files.writeString(folder.resolve("missing/a"), "good");
        pass(Duration.ofSeconds(1));

        assertThat(files.check("good", HERE)).isInstanceOf(TokenVerdict.Known.class);
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
        reviews.check("good.e30.s", HERE);
        assertThat(reviews.check("bad.e30.s", HERE)).isEqualTo(UNKNOWN);

        pass(Duration.ofMillis(4999));
        assertThat(reviews.check("bad.e30.s", HERE)).isEqualTo(UNKNOWN);
        assertThat(asked.get()).isEqualTo(2);
        pass(Duration.ofMillis(1));
        reviews.check("bad.e30.s", HERE);
        assertThat(asked.get()).isEqualTo(3);
        pass(Duration.ofSeconds(55));
        assertThat(reviews.check("good.e30.s", HERE)).isEqualTo(new TokenVerdict.Known(Caller.ofUser("u")));
        assertThat(asked.get()).isEqualTo(4);
    }

    @Test
    void aGoodTokenThatIsUsedIsAskedAboutAgainInTimeAndDoesNotWaitForIt() throws Exception {
        var answer = new CountDownLatch(1);
        var reviews = new TokenReviews(
                (_, _) -> {
                    if (asked.incrementAndGet() > 1) {
                        awaitQuietly(answer);
                    }
                    return Optional.of("u");
                },
                List.of(),
                nanos::get);
        var good = new TokenVerdict.Known(Caller.ofUser("u"));
        reviews.check("a.b.c", HERE);
        pass(Duration.ofSeconds(30));

        assertThat(reviews.check("a.b.c", HERE)).isEqualTo(good);
        await().untilAsserted(() -> assertThat(asked.get()).isEqualTo(2));
        assertThat(reviews.check("a.b.c", HERE)).isEqualTo(good);
        answer.countDown();

        // What was learnt then holds from then on.
        pass(Duration.ofSeconds(29));
        await().untilAsserted(() -> assertThat(reviews.check("a.b.c", HERE)).isEqualTo(good));
    }

    @Test
    void madeUpTokensOfOneAddressKeepNobodyElseWaitingNorOneWhoIsKnown() throws Exception {
        var answer = new CountDownLatch(1);
        var flooding = new CountDownLatch(4);
        var reviews = new TokenReviews(
                (token, _) -> {
                    if (token.startsWith("bad")) {
                        flooding.countDown();
                        awaitQuietly(answer);
                        return Optional.empty();
                    }
                    return Optional.of("u");
                },
                List.of(),
                nanos::get);
        var good = new TokenVerdict.Known(Caller.ofUser("u"));
        reviews.check("known.b.c", HERE);
        pass(Duration.ofMinutes(2));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 300; i++) {
                String token = "bad" + i + ".b.c";
                var _ = threads.submit(() -> reviews.check(token, Caller.ofHeader("flood")));
            }
            assertThat(flooding.await(20, TimeUnit.SECONDS)).isTrue();

            assertThat(reviews.check("known.b.c", HERE)).isEqualTo(good);
            var fresh = threads.submit(() -> reviews.check("new.b.c", HERE));
            answer.countDown();
            assertThat(fresh.get(20, TimeUnit.SECONDS)).isEqualTo(good);
        }
    }

    @Test
    void madeUpTokensDisplaceNoneThatIsValid() throws Exception {
        var reviews = new TokenReviews(
                (token, _) -> {
                    asked.incrementAndGet();
                    return token.startsWith("good") ? Optional.of("u") : Optional.empty();
                },
                List.of(),
                nanos::get);
        reviews.check("good.b.c", HERE);
        for (int i = 0; i < 10_000; i++) {
            reviews.check("bad" + i + ".b.c", HERE);
        }
        int before = asked.get();

        assertThat(reviews.check("good.b.c", HERE)).isInstanceOf(TokenVerdict.Known.class);
        assertThat(asked.get()).isEqualTo(before);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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

        assertThat(reviews.check("a.b.c", HERE)).isEqualTo(new TokenVerdict.Undecided("away"));
        assertThat(reviews.check("a.b.c", HERE)).isInstanceOf(TokenVerdict.Known.class);
    }

    private void version(String name, String key, String token) throws Exception {
        Files.createDirectory(folder.resolve(name));
        Files.writeString(folder.resolve(name).resolve(key), token);
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }
}
