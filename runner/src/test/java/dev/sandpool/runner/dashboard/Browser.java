package dev.sandpool.runner.dashboard;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandpool.runner.config.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import org.awaitility.Awaitility;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Chromium, without a window. */
final class Browser implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** The one of this machine; the test is skipped where there is none. */
    static Browser start() {
        Optional<Path> chromium = Settings.onPath("chromium", System.getenv());
        Optional<Path> chromedriver = Settings.onPath("chromedriver", System.getenv());
        assumeTrue(chromium.isPresent() && chromedriver.isPresent(), "no chromium or no chromedriver");
        var options = new ChromeOptions();
        options.setBinary(chromium.orElseThrow().toFile());
        // Root has no sandbox of Chromium's, and a container little shared memory; all pages here are our own.
        options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--lang=en");
        var logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
        var service = new ChromeDriverService.Builder()
                .usingDriverExecutable(chromedriver.orElseThrow().toFile())
                .build();
        return new Browser(new ChromeDriver(service, options));
    }

    void open(String url) {
        driver.get(url);
    }

    void size(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    void scheme(String lightOrDark) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", lightOrDark))));
    }

    WebElement byId(String id) {
        return driver.findElement(By.id(id));
    }

    String text(String id) {
        return byId(id).getText();
    }

    /** The text, however it is divided into lines. */
    String words(String id) {
        return text(id).replaceAll("\\s+", " ");
    }

    void fill(String id, String text) {
        byId(id).clear();
        byId(id).sendKeys(text);
    }

    void awaitText(String id, String part) {
        Awaitility.await(id + " says " + part)
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> words(id).contains(part));
    }

    /** Typed at whatever has the focus. */
    void keys(CharSequence... keys) {
        new Actions(driver).sendKeys(keys).perform();
    }

    void withControl(CharSequence key) {
        new Actions(driver)
                .keyDown(Keys.CONTROL)
                .sendKeys(key)
                .keyUp(Keys.CONTROL)
                .perform();
    }

    /** The id of what has the focus. */
    String focused() {
        return String.valueOf(driver.switchTo().activeElement().getDomAttribute("id"));
    }

    String script(String javaScript) {
        return String.valueOf(driver.executeScript(javaScript));
    }

    /** What the console has been told since it was asked last. */
    List<String> console() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .map(LogEntry::getMessage)
                .toList();
    }

    /** What axe-core finds wrong with the page for those who cannot see or use it as others do. */
    String violations() {
        driver.executeScript(axe());
        return String.valueOf(driver.executeAsyncScript("""
                        const done = arguments[arguments.length - 1];
                        axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
                          .then(({ violations }) => done(violations.map(({ id, nodes }) =>
                            `${id}: ${nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join('; ')}`).join('\\n')));
                        """));
    }

    private static String axe() {
        try (InputStream in = Browser.class.getResourceAsStream("/axe.min.js")) {
            if (in == null) {
                throw new IllegalStateException("there is no axe.min.js on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The page in full length, in {@code target/ui}, for people to look at. */
    void picture(String name) throws IOException {
        var height = Integer.parseInt(script("return document.documentElement.scrollHeight"));
        var width = Integer.parseInt(script("return window.innerWidth"));
        script("window.scrollTo(0, 0)");
        size(width, height);
        Path folder = Files.createDirectories(Path.of("target", "ui"));
        Files.write(folder.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
    }

    @Override
    public void close() {
        driver.quit();
    }
}
