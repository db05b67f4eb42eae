package dev.sandpool.operator;

import dev.sandpool.log.LogFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * An operator's settings, checked.
 *
 * @param namespaces to work in; none: all
 * @param namespace this operator's own, where its Lease is
 * @param podName of this operator
 */
record OperatorConfig(
        String runnerImage,
        Set<String> namespaces,
        String namespace,
        String podName,
        String host,
        int port,
        LogFormat logFormat) {
    private static final String PREFIX = "SANDPOOL_OPERATOR_";
    static final String RUNNER_IMAGE = PREFIX + "RUNNER_IMAGE";
    static final String NAMESPACES = PREFIX + "NAMESPACES";
    static final String NAMESPACE = PREFIX + "NAMESPACE";
    static final String POD_NAME = PREFIX + "POD_NAME";
    static final String LISTEN = PREFIX + "LISTEN";
    static final String LOG_FORMAT = PREFIX + "LOG_FORMAT";

    private static final Set<String> KNOWN = Set.of(RUNNER_IMAGE, NAMESPACES, NAMESPACE, POD_NAME, LISTEN, LOG_FORMAT);
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern ADDRESS = Pattern.compile("(.+):([0-9]{1,5})");

    /**
     * Reads the environment.
     *
     * @throws IllegalArgumentException with a line for each variable that is wrong
     */
    static OperatorConfig read(Map<String, String> environment) {
        List<String> errors = new ArrayList<>();
        environment.keySet().stream()
                .filter(name -> name.startsWith(PREFIX) && !KNOWN.contains(name))
                .forEach(name -> errors.add(name + ": there is no such setting; there are " + new TreeSet<>(KNOWN)));
        String image = required(RUNNER_IMAGE, environment, errors);
        String namespace = required(NAMESPACE, environment, errors);
        String podName = required(POD_NAME, environment, errors);
        Set<String> namespaces = namespaces(environment.getOrDefault(NAMESPACES, ""), errors);
        String listen = environment.getOrDefault(LISTEN, "0.0.0.0:8081");
        var address = ADDRESS.matcher(listen);
        int port = address.matches() ? Integer.parseInt(address.group(2)) : -1;
        if (port < 0 || port > 65535) {
            errors.add(LISTEN + "=" + listen + ": must be an address and a port, such as 0.0.0.0:8081");
        }
        LogFormat logFormat = logFormat(environment.getOrDefault(LOG_FORMAT, "text"), errors);
        if (!errors.isEmpty()) {
            throw new IllegalArgumentException(String.join("\n", errors));
        }
        return new OperatorConfig(image, namespaces, namespace, podName, address.group(1), port, logFormat);
    }

    private static LogFormat logFormat(String text, List<String> errors) {
        for (LogFormat format : LogFormat.values()) {
            if (format.toString().equals(text)) {
                return format;
            }
        }
        errors.add(LOG_FORMAT + "=" + text + ": must be one of " + Arrays.toString(LogFormat.values()));
        return LogFormat.TEXT;
    }

    private static String required(String variable, Map<String, String> environment, List<String> errors) {
        String value = environment.getOrDefault(variable, "").strip();
        if (value.isEmpty()) {
            errors.add(variable + ": must be set");
        }
        return value;
    }

    private static Set<String> namespaces(String list, List<String> errors) {
        Set<String> names = new TreeSet<>(Arrays.stream(list.split(",", -1))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList());
        names.stream()
                .filter(name -> !NAME.matcher(name).matches())
                .forEach(name -> errors.add(NAMESPACES + "=" + list + ": \"" + name + "\" is no namespace's name"));
        return names;
    }
}
