package dev.sandpool.runner.dashboard;

import static dev.sandpool.runner.dashboard.TestRuns.exited;
import static dev.sandpool.runner.dashboard.TestRuns.overloaded;
import static dev.sandpool.runner.dashboard.TestRuns.signalled;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.http.ClientConnection;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

/** The page, in a browser, as its readers use it. */
class UiIT {
    private static final String STARTED = "{\"event\":\"started\",\"id\":\"r1\"}\n";
    private static final String EXIT = """
            {"event":"exit","id":"r1","outcome":"exited","exitCode":3,"stdout":{"bytes":5,"truncated":false},\
            "stderr":{"bytes":7,"truncated":false},"usage":{"wallMillis":12.3,"userMillis":1,"systemMillis":2,\
            "peakMemoryBytes":4194304},"phases":{"queueMillis":0,"claimMillis":0.1,"sendMillis":2,"runMillis":12.5},\
            "sandbox":{"name":"playground-abc","revision":"a1b2c3d4","run":1}}
            """;

    private static Browser browser;
    private final PageServer server = new PageServer();

    @TempDir
    private Path folder;

    @BeforeAll
    static void startBrowser() {
        browser = Browser.start();
    }

    @AfterAll
    static void endBrowser() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void open() {
        browser.size(1280, 900);
        browser.scheme("light");
        browser.console();
        browser.open("http://127.0.0.1:" + server.port() + "/ui");
        browser.awaitText("live", "live");
    }

    @AfterEach
    void stop() {
        browser.open("about:blank");
        server.close();
    }

    private static String body(ServerRequest request) throws IOException {
        return new String(request.content().inputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static OutputStream answer(ServerResponse response) {
        return response.header(HeaderNames.CONTENT_TYPE, "application/x-ndjson").outputStream();
    }

    private static void say(OutputStream out, String lines) throws IOException {
        out.write(lines.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    @Test
    void thePageShowsThePoolAndHasNothingToComplainOf() {
        assertThat(browser.text("pool-name")).isEqualTo("playground");
        assertThat(browser.text("runner-name")).isEqualTo("playground-7c9d-x2x5k");
        assertThat(browser.text("revision")).isEqualTo("revision a1b2c3d4");
        assertThat(browser.words("tiles")).contains("2 of 3 wanted 12 runs/min", "0 of 2 at once", "0 of 16 places");
        assertThat(browser.console()).isEmpty();
    }

    @Test
    void numbersAndRunsChangeWhileOneLooks() {
        server.poolIs(1, 2, 5);
        server.ended(exited("a"));

        browser.awaitText("tiles", "1 of 3 wanted");
        browser.awaitText("tiles", "5 of 16 places");
        browser.awaitText("runs", "exited with 3");
        browser.awaitText("ended-legend", "1 exited");
    }

    @Test
    void outputIsShownAsItComes() throws IOException {
        var seen = new CountDownLatch(1);
        var sent = new AtomicReference<String>();
        server.programIs((request, response) -> {
            sent.set(body(request));
            try (var out = answer(response)) {
                say(out, STARTED + "{\"event\":\"stdout\",\"text\":\"first\\n\"}\n");
                seen.await();
                say(out, "{\"event\":\"stderr\",\"text\":\"<b>second</b>\\n\"}\n");
                say(out, "{\"event\":\"stdout\",\"base64\":\"/2E=\"}\n" + EXIT);
            }
        });
        browser.fill("script", "#!/bin/sh\necho é\n");
        browser.fill("arguments", "one 'two three'");
        browser.fill("stdin", "a\nb");
        browser.fill("timeout", "2s");
        browser.byId("start").click();

        browser.awaitText("output", "first");
        assertThat(browser.text("outcome")).isEqualTo("Running…");
        seen.countDown();
        browser.awaitText("outcome", "The program exited with 3.");

        assertThat(browser.text("output")).isEqualTo("stdout\nfirst\nstderr\n<b>second</b>\nstdout\n\ufffda");
        assertThat(browser.text("facts")).contains("4.0 MiB", "playground-abc, run 1", "0.1 ms sandbox");
        assertThat(sent.get())
                .containsSubsequence(
                        "name=\"options\"",
                        "{\"arguments\":[\"one\",\"two three\"],\"runTimeout\":\"2s\"}",
                        "name=\"program\"",
                        "#!/bin/sh\necho é\n",
                        "name=\"stdin\"",
                        "a\nb\r\n");
        assertThat(browser.console()).isEmpty();
    }

    @Test
    void aFileIsSentAsItIs() throws IOException {
        var sent = new AtomicReference<String>();
        server.programIs((request, response) -> {
            sent.set(body(request));
            try (var out = answer(response)) {
                say(out, STARTED + EXIT);
            }
        });
        Path program = Files.writeString(folder.resolve("hello"), "\u007fELF\nprogram\n");
        browser.byId("form").findElement(By.cssSelector("input[value=file]")).click();
        browser.byId("file").sendKeys(program.toString());
        browser.byId("start").click();

        browser.awaitText("outcome", "exited with 3");
        assertThat(sent.get()).contains("\u007fELF\nprogram\n");
    }

    @Test
    void aRunIsCancelledByGoingAway() throws Exception {
        var gone = new CountDownLatch(1);
        server.programIs((request, response) -> {
            body(request);
            ClientConnection.current().bytes().readAhead(gone::countDown);
            try (var out = answer(response)) {
                say(out, STARTED);
                gone.await();
            }
        });
        browser.byId("start").click();
        browser.awaitText("outcome", "Running");

        browser.byId("cancel").click();

        browser.awaitText("outcome", "Cancelled");
        assertThat(gone.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(browser.byId("start").isEnabled()).isTrue();
    }

    @Test
    void allCanBeDoneByTheKeyboard() {
        server.programIs((request, response) -> {
            String body = body(request);
            try (var out = answer(response)) {
                say(out, STARTED + "{\"event\":\"stdout\",\"text\":\"" + body.contains("echo keys") + "\"}\n" + EXIT);
            }
        });
        browser.keys(Keys.TAB, Keys.ENTER);
        browser.keys(Keys.TAB, Keys.TAB);
        assertThat(browser.focused()).isEqualTo("script");
        browser.withControl("a");
        browser.keys("#!/bin/sh\necho keys");
        browser.withControl(Keys.ENTER);
        browser.awaitText("outcome", "exited with 3");
        assertThat(browser.text("output")).contains("true");

        browser.keys(Keys.TAB, Keys.TAB, Keys.TAB, Keys.TAB);
        assertThat(browser.focused()).isEqualTo("start");
        browser.keys(Keys.TAB);
        assertThat(browser.focused()).isEqualTo("output");
    }

    @Test
    void aProblemIsToldInTheRunnersWords() {
        server.programIs((request, response) -> {
            body(request);
            response.status(Status.SERVICE_UNAVAILABLE_503)
                    .header(HeaderNames.RETRY_AFTER, "3")
                    .header(HeaderNames.CONTENT_TYPE, "application/problem+json")
                    .send(
                            "{\"title\":\"Overloaded\",\"status\":503,\"detail\":\"too many runs at once\",\"position\":4}");
        });
        browser.byId("start").click();

        browser.awaitText("outcome", "too many runs at once. 4 of yours are ahead. Try again in 3 s.");
    }

    @Test
    void whatIsFilledInWronglyIsSaidBesideIt() {
        browser.fill("arguments", "a 'b");
        browser.byId("start").click();

        browser.awaitText("arguments-error", "The quote ' is not closed.");
        assertThat(browser.focused()).isEqualTo("arguments");
        assertThat(browser.byId("arguments").getDomAttribute("aria-invalid")).isEqualTo("true");
    }

    @Test
    void aTokenIsAskedForAndSent() {
        var authorization = new AtomicReference<String>("");
        server.programIs((request, response) -> {
            body(request);
            authorization.set(request.headers().first(HeaderNames.AUTHORIZATION).orElse(""));
            if (authorization.get().equals("Bearer sesame")) {
                try (var out = answer(response)) {
                    say(out, STARTED + EXIT);
                }
            } else {
                response.status(Status.UNAUTHORIZED_401).send("unauthenticated\n");
            }
        });
        browser.byId("start").click();
        browser.awaitText("token-title", "This pool wants a token");
        browser.keys("wrong", Keys.ENTER);
        browser.awaitText("token-title", "The pool does not know this token");
        browser.keys("sesame", Keys.ENTER);

        browser.awaitText("outcome", "exited with 3");
        assertThat(authorization).hasValue("Bearer sesame");
    }

    @ParameterizedTest
    @CsvSource({"light, 1280", "dark, 1280", "light, 360", "dark, 360"})
    void itIsForAllEyesAndAllScreens(String scheme, int width) throws IOException {
        server.programIs((request, response) -> {
            body(request);
            try (var out = answer(response)) {
                say(
                        out,
                        STARTED + "{\"event\":\"stdout\",\"text\":\"Hello from Linux\\nand a long line: "
                                + "x".repeat(300));
                say(out, "\"}\n{\"event\":\"stderr\",\"text\":\"warning: all is well\\n\"}\n" + EXIT);
            }
        });
        // Nobody watches meanwhile: a page that falls 256 events behind is disconnected, and that is in its console.
        browser.open("about:blank");
        fourMinutes();
        open();
        server.poolIs(2, 1, 3);
        browser.scheme(scheme);
        browser.size(width, 900);
        browser.byId("start").click();
        browser.awaitText("outcome", "exited with 3");
        browser.awaitText("ended-legend", "220 exited");
        browser.awaitText("tiles", "3 of 16 places");
        browser.byId("numbers").findElement(By.tagName("summary")).click();
        browser.picture(scheme + "-" + width);

        assertThat(browser.script("return document.documentElement.scrollWidth <= window.innerWidth"))
                .isEqualTo("true");
        assertThat(browser.violations()).isEmpty();
        assertThat(browser.console()).isEmpty();
    }

    /** Runs of the last minutes, in waves. The oldest stay in the picture for most of another minute. */
    private void fourMinutes() {
        for (int i = 0; i < 50; i++) {
            server.timeIs(Duration.ofSeconds(5L * (50 - i)));
            for (int j = 0; j < 4 + i % 7 - i % 5 && i % 20 < 17; j++) {
                server.ended(exited("exited-" + i + "-" + j));
            }
            if (i % 6 == 0) {
                server.ended(signalled("signalled-" + i));
            }
            if (i % 20 == 9) {
                server.ended(overloaded("overloaded-" + i));
            }
        }
        server.timeIs(Duration.ZERO);
    }
}
