package dev.sandpool.runner.config;

import static dev.sandpool.runner.config.Setting.CORS_ORIGINS;
import static dev.sandpool.runner.config.Setting.LAUNCHERS;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sandpool.crds.CorsSpec;
import dev.sandpool.crds.LauncherSpec;
import dev.sandpool.runner.sandbox.PoolSettings.Rules;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;

/** The settings of a SandboxPool that are not numbers, for a runner without a SandboxPool. */
final class LocalRules {
    /**
     * Rejects unknown fields. People write this file, so an unknown field is a mistake, and not one of a newer
     * operator.
     */
    @JsonIgnoreProperties
    private interface Strict {}

    private LocalRules() {}

    static Rules read(Settings settings) {
        var cors = new CorsSpec(origins(settings));
        try {
            return rules(settings.isSet(LAUNCHERS) ? launchers(settings) : List.of(), cors);
        } catch (IllegalArgumentException e) {
            settings.reject(LAUNCHERS, String.valueOf(e.getMessage()));
            return rules(List.of(), cors);
        }
    }

    private static Rules rules(List<LauncherSpec> launchers, CorsSpec cors) {
        Rules defaults = Rules.DEFAULTS;
        return new Rules(
                defaults.reuse(), defaults.embedded(), launchers, defaults.callers(), defaults.authentication(), cors);
    }

    private static List<LauncherSpec> launchers(Settings settings) {
        var file = settings.path(LAUNCHERS, Files::isRegularFile, "must be a file");
        try {
            return new YAMLMapper()
                    .addMixIn(LauncherSpec.class, Strict.class)
                    .readValue(Files.readString(file), new TypeReference<>() {});
        } catch (JacksonException e) {
            settings.reject(LAUNCHERS, "must be a list as spec.launchers of a SandboxPool: " + e.getOriginalMessage());
        } catch (IOException e) {
            settings.reject(LAUNCHERS, "cannot be read: " + e.getMessage());
        }
        return List.of();
    }

    private static List<String> origins(Settings settings) {
        List<String> origins = Stream.of(settings.text(CORS_ORIGINS).split(","))
                .map(String::strip)
                .filter(origin -> !origin.isEmpty())
                .toList();
        if (!origins.stream().allMatch(origin -> origin.matches(CorsSpec.ORIGIN))) {
            settings.reject(
                    CORS_ORIGINS, "must be origins such as https://play.example.org, or *, separated by commas");
            return List.of();
        }
        return origins;
    }

    static String inWords(Rules rules) {
        return " launchers="
                + String.join(
                        ",", rules.launchers().stream().map(LauncherSpec::name).toList()) + " cors-origins="
                + String.join(",", rules.cors().allowedOrigins());
    }
}
