package dev.sandpool.runner;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Has Awaitility look at once, and then more and more seldom. Most of what tests wait for comes within a millisecond or two;
 * Awaitility itself would look after a tenth of a second.
 */
public final class AwaitilityDefaults implements BeforeAllCallback {
    private static final int LONGEST_MILLIS = 50;

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultPollDelay(Duration.ZERO);
        Awaitility.setDefaultPollInterval((looks, _) -> Duration.ofMillis(Math.min(2 * looks, LONGEST_MILLIS)));
    }
}
