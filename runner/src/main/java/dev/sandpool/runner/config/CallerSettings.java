package dev.sandpool.runner.config;

import static dev.sandpool.runner.config.Setting.CALLER_BURST;
import static dev.sandpool.runner.config.Setting.CALLER_CONCURRENCY;
import static dev.sandpool.runner.config.Setting.CALLER_HEADER;
import static dev.sandpool.runner.config.Setting.CALLER_PROXIES;
import static dev.sandpool.runner.config.Setting.CALLER_RATE;
import static dev.sandpool.runner.config.Setting.TOKENS_DIRECTORY;

import dev.sandpool.crds.AuthenticationSpec;
import dev.sandpool.crds.CallersSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The settings about callers of a runner without a SandboxPool. The bounds are those of a SandboxPool. */
final class CallerSettings {
    private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9-]{1,64}");
    private static final int MOST_PROXIES = 16;
    private static final int MOST_AT_ONCE = 100_000;
    private static final int MOST_PER_MINUTE = 1_000_000;
    // A placeholder for the Secret's name: the folder is already on this machine.
    private static final String HERE = "tokens-directory";

    private CallerSettings() {}

    static Optional<Path> tokensDirectory(Settings settings) {
        return settings.isSet(TOKENS_DIRECTORY)
                ? Optional.of(settings.path(TOKENS_DIRECTORY, Files::isDirectory, "must be a folder"))
                : Optional.empty();
    }

    static CallersSpec callers(Settings settings) {
        if (settings.isSet(CALLER_BURST) && !settings.isSet(CALLER_RATE)) {
            settings.reject(CALLER_BURST, "needs " + CALLER_RATE.variable());
        }
        if (settings.isSet(CALLER_PROXIES) && !settings.isSet(CALLER_HEADER)) {
            settings.reject(CALLER_PROXIES, "needs " + CALLER_HEADER.variable());
        }
        return new CallersSpec(
                header(settings),
                count(settings, CALLER_PROXIES, MOST_PROXIES),
                count(settings, CALLER_CONCURRENCY, MOST_AT_ONCE),
                count(settings, CALLER_RATE, MOST_PER_MINUTE),
                count(settings, CALLER_BURST, MOST_PER_MINUTE));
    }

    static AuthenticationSpec authentication(Settings settings) {
        return settings.isSet(TOKENS_DIRECTORY) ? new AuthenticationSpec(HERE, null) : AuthenticationSpec.defaults();
    }

    static String inWords(CallersSpec callers) {
        return " caller-header=" + words(callers.header())
                + " caller-proxies=" + words(callers.trustedProxies())
                + " caller-concurrency=" + words(callers.concurrency())
                + " caller-rate=" + words(callers.ratePerMinute())
                + " caller-burst=" + words(callers.burst());
    }

    private static String words(@Nullable Object value) {
        return value == null ? "none" : value.toString();
    }

    private static @Nullable String header(Settings settings) {
        if (!settings.isSet(CALLER_HEADER)) {
            return null;
        }
        String header = settings.text(CALLER_HEADER);
        if (!HEADER.matcher(header).matches()) {
            settings.reject(CALLER_HEADER, "must be a header's name: 1 to 64 letters, digits and hyphens");
        }
        return header;
    }

    private static @Nullable Integer count(Settings settings, Setting setting, int most) {
        return settings.isSet(setting) ? Integer.valueOf(settings.count(setting, 1, 1, most)) : null;
    }
}
