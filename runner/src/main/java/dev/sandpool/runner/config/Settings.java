package dev.sandpool.runner.config;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Parses the texts of the settings, one by one. Errors are collected, each with its variable, value and rule, and
 * reported together, so that a user does not have to start the runner once for each mistake.
 */
public final class Settings {
    private static final Pattern QUANTITY = Pattern.compile("(\\d{1,15})(|k|M|G|Ki|Mi|Gi)");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m)");
    private static final Pattern ADDRESS = Pattern.compile("(.*):(\\d{1,5})");
    private static final Map<String, Long> UNITS = Map.of(
            "", 1L, "k", 1000L, "M", 1_000_000L, "G", 1_000_000_000L, "Ki", 1L << 10, "Mi", 1L << 20, "Gi", 1L << 30);

    private final Map<Setting, String> texts = new EnumMap<>(Setting.class);
    private final Map<Setting, String> sources = new EnumMap<>(Setting.class);
    private final List<String> errors = new ArrayList<>();

    Settings(Map<String, String> environment, List<String> arguments) {
        readEnvironment(environment);
        readArguments(arguments);
    }

    /** Returns all errors, one per line. */
    List<String> errors() {
        return List.copyOf(errors);
    }

    String text(Setting setting) {
        return texts.getOrDefault(setting, setting.defaultText());
    }

    boolean isSet(Setting setting) {
        return !text(setting).isEmpty();
    }

    /** Returns whether the setting was set, even to an empty value. */
    boolean isGiven(Setting setting) {
        return texts.containsKey(setting);
    }

    int count(Setting setting, int otherwise, int least, int most) {
        if (!isSet(setting)) {
            return otherwise;
        }
        try {
            int value = Integer.parseInt(text(setting));
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Reported below, like a number out of its range.
        }
        reject(setting, "must be a whole number from " + least + " to " + most);
        return otherwise;
    }

    long bytes(Setting setting) {
        Matcher quantity = QUANTITY.matcher(text(setting));
        if (quantity.matches()) {
            long unit = UNITS.getOrDefault(quantity.group(2), 1L);
            long number = Long.parseLong(quantity.group(1));
            if (number >= 1 && number <= (1L << 40) / unit) {
                return number * unit;
            }
        }
        reject(setting, "must be a number of bytes from 1 to 1024Gi, such as 100Mi or 104857600");
        return 1;
    }

    Duration duration(Setting setting, Duration least, Duration most) {
        Matcher duration = DURATION.matcher(text(setting));
        if (duration.matches()) {
            long number = Long.parseLong(duration.group(1));
            Duration value = switch (duration.group(2)) {
                case "ms" -> Duration.ofMillis(number);
                case "m" -> Duration.ofMinutes(number);
                default -> Duration.ofSeconds(number);
            };
            if (value.compareTo(least) >= 0 && value.compareTo(most) <= 0) {
                return value;
            }
        }
        reject(setting, "must be a time from " + words(least) + " to " + words(most) + ", such as 500ms, 5s or 1m");
        return least;
    }

    ListenAddress address(Setting setting) {
        Matcher address = ADDRESS.matcher(text(setting));
        if (address.matches() && Integer.parseInt(address.group(2)) <= 65535) {
            String host = address.group(1).replaceAll("^\\[(.*)]$", "$1");
            return new ListenAddress(host.isEmpty() ? "0.0.0.0" : host, Integer.parseInt(address.group(2)));
        }
        reject(setting, "must be address:port, such as 127.0.0.1:8080");
        return new ListenAddress("127.0.0.1", 0);
    }

    <E extends Enum<E>> E oneOf(Setting setting, Class<E> type) {
        E[] constants = type.getEnumConstants();
        for (E constant : constants) {
            if (constant.toString().equals(text(setting))) {
                return constant;
            }
        }
        reject(setting, "must be one of " + Arrays.toString(constants));
        return constants[0];
    }

    /** Returns a path that satisfies the rule. */
    Path path(Setting setting, Predicate<Path> fits, String rule) {
        try {
            Path path = Path.of(text(setting));
            if (isSet(setting) && fits.test(path)) {
                return path;
            }
        } catch (InvalidPathException e) {
            // Reported below.
        }
        reject(setting, rule);
        return Path.of("");
    }

    /** Returns the executable of that name on the PATH. */
    public static Optional<Path> onPath(String program, Map<String, String> environment) {
        return Arrays.stream(environment.getOrDefault("PATH", "").split(":"))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, program))
                .filter(path -> Files.isRegularFile(path) && Files.isExecutable(path))
                .findFirst();
    }

    void reject(Setting setting, String rule) {
        String source = sources.getOrDefault(setting, setting.variable());
        errors.add(isSet(setting) ? source + "=" + text(setting) + ": " + rule : source + " is not set: " + rule);
    }

    /** Adds an error that does not come from one of the program's own settings. */
    void reject(String line) {
        errors.add(line);
    }

    public static String words(Duration duration) {
        if (duration.toMillis() % 1000 != 0 || duration.isZero()) {
            return duration.toMillis() + "ms";
        }
        return duration.toSeconds() % 60 == 0 ? duration.toMinutes() + "m" : duration.toSeconds() + "s";
    }

    public static String words(long bytes) {
        if (bytes % (1 << 20) == 0) {
            return (bytes >> 20) + "Mi";
        }
        return bytes % (1 << 10) == 0 ? (bytes >> 10) + "Ki" : Long.toString(bytes);
    }

    private void readEnvironment(Map<String, String> environment) {
        var known = new HashMap<String, Setting>();
        for (Setting setting : Setting.values()) {
            known.put(setting.variable(), setting);
        }
        environment.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(Setting.PREFIX))
                .sorted(Map.Entry.comparingByKey())
                .forEach(entry -> read(known.get(entry.getKey()), entry.getKey(), entry.getValue()));
    }

    private void readArguments(List<String> arguments) {
        var known = new HashMap<String, Setting>();
        for (Setting setting : Setting.values()) {
            known.put(setting.flag(), setting);
        }
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals < 0) {
                errors.add(argument + ": flags are --name=value; --help lists them");
            } else {
                String flag = argument.substring(0, equals);
                read(known.get(flag), flag, argument.substring(equals + 1));
            }
        }
    }

    private void read(@Nullable Setting setting, String source, String value) {
        if (setting == null) {
            errors.add(source + "=" + value + ": there is no such setting; --help lists them");
        } else {
            texts.put(setting, value);
            sources.put(setting, source);
        }
    }
}
