package dev.sandpool.operator;

import dev.sandpool.log.LogFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The checked settings of an operator.
 *
 * @param namespaces the namespaces to work in; none: all
 * @param namespace the operator's own namespace, which has its Lease
 * @param podName the name of the operator's pod
 */
record OperatorConfig(
        String runnerImage,
        Set<String> namespaces,
        String namespace,
        String podName,
        String host,
        int port,
        LogFormat logFormat) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern ADDRESS = Pattern.compile("(.+):([0-9]{1,5})");

    /**
     * Reads the environment.
     *
     * @throws IllegalArgumentException with a line for each invalid variable
     */
    static OperatorConfig read(Map<String, String> environment) {
        List<String> errors = new ArrayList<>();
        environment.keySet().stream()
                .filter(name -> name.startsWith(OperatorSetting.PREFIX) && !OperatorSetting.isKnown(name))
                .forEach(name -> errors.add(name + ": there is no such setting; there are " + known()));
        String image = required(OperatorSetting.RUNNER_IMAGE, environment, errors);
        String namespace = required(OperatorSetting.NAMESPACE, environment, errors);
        String podName = required(OperatorSetting.POD_NAME, environment, errors);
        Set<String> namespaces = namespaces(text(OperatorSetting.NAMESPACES, environment), errors);
        String listen = text(OperatorSetting.LISTEN, environment);
        var address = ADDRESS.matcher(listen);
        int port = address.matches() ? Integer.parseInt(address.group(2)) : -1;
        if (port < 0 || port > 65535) {
            errors.add(OperatorSetting.LISTEN.variable() + "=" + listen
                    + ": must be an address and a port, such as 0.0.0.0:8081");
        }
        LogFormat logFormat = logFormat(text(OperatorSetting.LOG_FORMAT, environment), errors);
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
        errors.add(OperatorSetting.LOG_FORMAT.variable() + "=" + text + ": must be one of "
                + Arrays.toString(LogFormat.values()));
        return LogFormat.TEXT;
    }

    private static Set<String> known() {
        return Arrays.stream(OperatorSetting.values())
                .map(OperatorSetting::variable)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String text(OperatorSetting setting, Map<String, String> environment) {
        return environment.getOrDefault(
                setting.variable(), setting.defaultText().orElse(""));
    }

    private static String required(OperatorSetting setting, Map<String, String> environment, List<String> errors) {
        String value = text(setting, environment).strip();
        if (value.isEmpty()) {
            errors.add(setting.variable() + ": must be set");
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
                .forEach(name -> errors.add(OperatorSetting.NAMESPACES.variable() + "=" + list + ": \"" + name
                        + "\" is no namespace's name"));
        return names;
    }
}
