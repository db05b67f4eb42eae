package dev.sandpool.operator.objects;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.RunnerSpec;
import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPortBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The network policies of a pool, where the cluster's network enforces them. A program has no network in any case:
 * contained gives it an empty network namespace.
 */
final class Policies {
    private Policies() {}

    static List<NetworkPolicy> all(SandboxPool pool, List<Installation.Address> apiServer) {
        return List.of(sandboxes(pool), runners(pool, apiServer));
    }

    private static NetworkPolicy sandboxes(SandboxPool pool) {
        String name = pool.getMetadata().getName();
        return new NetworkPolicyBuilder()
                .withMetadata(PoolObjects.metadata(pool, name + "-sandbox").build())
                .withNewSpec()
                .withNewPodSelector()
                .withMatchLabels(PoolObjects.selector(name, PoolLabels.ROLE_SANDBOX))
                .endPodSelector()
                .withPolicyTypes("Ingress", "Egress")
                .endSpec()
                .build();
    }

    private static NetworkPolicy runners(SandboxPool pool, List<Installation.Address> apiServer) {
        String name = pool.getMetadata().getName();
        List<NetworkPolicyEgressRule> egress = new ArrayList<>();
        egress.add(dns());
        apiServer.forEach(address -> egress.add(to(address)));
        TracesAndLog.egress(pool.getSpec().runner(), pool.getMetadata().getNamespace())
                .ifPresent(egress::add);
        return new NetworkPolicyBuilder()
                .withMetadata(
                        PoolObjects.metadata(pool, PoolNames.runners(name)).build())
                .withNewSpec()
                .withNewPodSelector()
                .withMatchLabels(PoolObjects.selector(name, PoolLabels.ROLE_RUNNER))
                .endPodSelector()
                .withPolicyTypes("Ingress", "Egress")
                .withIngress(runs(pool.getSpec().runner()), admin())
                .withEgress(egress)
                .endSpec()
                .build();
    }

    private static NetworkPolicyIngressRule runs(RunnerSpec runner) {
        var rule = new NetworkPolicyIngressRuleBuilder().withPorts(port("TCP", Runners.HTTP_PORT));
        // Traffic that comes in through a port of a node has lost its namespace.
        if (runner.service().type() == RunnerSpec.RunnerService.Type.ClusterIP) {
            LabelSelector namespaces = Objects.requireNonNullElseGet(runner.allowedNamespaces(), LabelSelector::new);
            rule.addNewFrom().withNamespaceSelector(namespaces).endFrom();
        }
        return rule.build();
    }

    /** Allows everyone to reach probes and metrics, which are harmless. */
    private static NetworkPolicyIngressRule admin() {
        return new NetworkPolicyIngressRuleBuilder()
                .withPorts(port("TCP", Runners.ADMIN_PORT))
                .build();
    }

    private static NetworkPolicyEgressRule dns() {
        return new NetworkPolicyEgressRuleBuilder()
                .withPorts(port("UDP", 53), port("TCP", 53))
                .addNewTo()
                .withNamespaceSelector(new LabelSelectorBuilder()
                        .addToMatchLabels("kubernetes.io/metadata.name", "kube-system")
                        .build())
                .endTo()
                .build();
    }

    static NetworkPolicyEgressRule to(Installation.Address address) {
        return new NetworkPolicyEgressRuleBuilder()
                .withPorts(port("TCP", address.port()))
                .addNewTo()
                .withNewIpBlock()
                .withCidr(address.ip() + (address.ip().contains(":") ? "/128" : "/32"))
                .endIpBlock()
                .endTo()
                .build();
    }

    static NetworkPolicyPort port(String protocol, int number) {
        return new NetworkPolicyPortBuilder()
                .withProtocol(protocol)
                .withPort(new IntOrString(number))
                .build();
    }
}
