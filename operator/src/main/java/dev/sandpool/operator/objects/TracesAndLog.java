package dev.sandpool.operator.objects;

import dev.sandpool.crds.RunnerSpec;
import dev.sandpool.crds.TracingSpec;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRuleBuilder;
import java.math.BigDecimal;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The settings of runners' logs and traces, and the network access that traces need. */
final class TracesAndLog {
    private static final Pattern IPV4 = Pattern.compile("([0-9]{1,3}\\.){3}[0-9]{1,3}");
    private static final Pattern IPV6 = Pattern.compile("\\[([0-9A-Fa-f:.]+)]");
    /** A Service of the pool's own namespace, or of another: name, name.namespace, name.namespace.svc and so on. */
    private static final Pattern SERVICE =
            Pattern.compile("[-a-z0-9]+(\\.(?<namespace>[-a-z0-9]+)(\\.svc(\\.cluster\\.local)?)?)?");

    private TracesAndLog() {}

    /** Returns the variables; none for the defaults, so that the runners of such pools need not be replaced. */
    static List<EnvVar> environment(RunnerSpec runner) {
        List<EnvVar> variables = new ArrayList<>();
        if (runner.logFormat() != RunnerSpec.LogFormat.Text) {
            variables.add(
                    new EnvVar("SANDPOOL_LOG_FORMAT", runner.logFormat().name().toLowerCase(Locale.ROOT), null));
        }
        TracingSpec tracing = runner.tracing();
        if (tracing != null) {
            variables.add(new EnvVar("OTEL_EXPORTER_OTLP_ENDPOINT", tracing.endpoint(), null));
            variables.add(new EnvVar(
                    "OTEL_TRACES_SAMPLER_ARG",
                    BigDecimal.valueOf(tracing.samplePercent(), 2).toPlainString(),
                    null));
        }
        return variables;
    }

    /**
     * Returns the rule that allows the receiver of traces: an address, or the pods of a namespace, at the endpoint's
     * port. Empty for a name outside of the cluster: a policy cannot name it, and all addresses at that port would be
     * too much.
     */
    static Optional<NetworkPolicyEgressRule> egress(RunnerSpec runner, String ownNamespace) {
        TracingSpec tracing = runner.tracing();
        if (tracing == null) {
            return Optional.empty();
        }
        URI endpoint = URI.create(tracing.endpoint());
        if (endpoint.getHost() == null) {
            return Optional.empty();
        }
        int standard = endpoint.getScheme().equals("https") ? 443 : 80;
        int port = endpoint.getPort() < 0 ? standard : endpoint.getPort();
        return address(endpoint.getHost(), port).or(() -> namespace(endpoint.getHost(), ownNamespace, port));
    }

    private static Optional<NetworkPolicyEgressRule> address(String host, int port) {
        if (IPV4.matcher(host).matches()) {
            return Optional.of(Policies.to(new Installation.Address(host, port)));
        }
        Matcher address = IPV6.matcher(host);
        return address.matches()
                ? Optional.of(Policies.to(new Installation.Address(address.group(1), port)))
                : Optional.empty();
    }

    private static Optional<NetworkPolicyEgressRule> namespace(String host, String ownNamespace, int port) {
        Matcher service = SERVICE.matcher(host);
        return service.matches()
                ? Optional.of(new NetworkPolicyEgressRuleBuilder()
                        .withPorts(Policies.port("TCP", port))
                        .addNewTo()
                        .withNewNamespaceSelector()
                        .addToMatchLabels(
                                "kubernetes.io/metadata.name",
                                Optional.ofNullable(service.group("namespace")).orElse(ownNamespace))
                        .endNamespaceSelector()
                        .endTo()
                        .build())
                : Optional.empty();
    }
}
