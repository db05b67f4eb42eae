package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;
import static java.util.Objects.requireNonNullElseGet;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Deployment and the Service of the runners.
 *
 * @param image The runner image. If not set, the one that the operator was installed with.
 * @param imagePullPolicy When a node pulls the runner image.
 * @param labels More labels of the runner pods.
 * @param annotations More annotations of the runner pods.
 * @param priorityClassName The PriorityClass of the runners.
 * @param resources Requests and limits of the runner container. If not set: requests of 100m CPU and 256Mi, and a limit of 512Mi.
 * @param runtimeClassName The RuntimeClass of the runners. If not set: that of the pool, or with isolation Embedded the default of the
 *     cluster. Empty: the default of the cluster, which answers sooner, but then output of sandboxes is parsed outside gVisor.
 * @param topologySpreadConstraints How the runners are spread. If not set, over the nodes where possible.
 * @param nodeSelector The labels of nodes for runners. kubernetes.io/arch is amd64 unless this or affinity sets it.
 * @param tolerations The taints that runners tolerate.
 * @param affinity The affinity of the runners.
 * @param service The Service of the pool.
 * @param allowedNamespaces The labels of namespaces whose pods may send requests, where the network of the cluster enforces policies. If
 *     not set, all. A Service of another type than ClusterIP lets in everyone.
 * @param logFormat The format of the runners' log: Text, or Json with one object on each line.
 * @param tracing Where runners send traces, by OTLP. If not set, nowhere.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunnerSpec(
        @Nullable
        @Size(min = 1, max = 1024)
        @ValidationRule(value = SandboxPoolSpec.IMAGE, message = SandboxPoolSpec.IMAGE_MESSAGE)
        String image,

        @Default("IfNotPresent") SandboxPoolSpec.ImagePullPolicy imagePullPolicy,

        @Size(max = Keys.MOST)
        @ValidationRule(value = Keys.NOT_OURS, message = Keys.NOT_OURS_MESSAGE)
        @ValidationRule(value = Keys.WELL_FORMED, message = Keys.WELL_FORMED_MESSAGE)
        Map<String, @Size(max = Keys.LONGEST_LABEL_VALUE) @Pattern(Keys.LABEL_VALUE) String> labels,

        @Size(max = Keys.MOST)
        @ValidationRule(value = Keys.NOT_OURS, message = Keys.NOT_OURS_MESSAGE)
        @ValidationRule(value = Keys.WELL_FORMED, message = Keys.WELL_FORMED_MESSAGE)
        Map<String, @Size(max = 8192) String> annotations,

        @Nullable @Size(min = 1, max = 253) @Pattern(PoolNames.OBJECT_NAME)
        String priorityClassName,

        @Nullable ResourceRequirements resources,

        @Nullable @Size(max = 253) @Pattern(PoolNames.OBJECT_NAME_OR_NONE)
        String runtimeClassName,

        @Nullable @Size(max = 16) List<TopologySpreadConstraint> topologySpreadConstraints,

        @Size(max = Keys.MOST) @ValidationRule(value = Keys.WELL_FORMED, message = Keys.WELL_FORMED_MESSAGE)
        Map<String, @Size(max = Keys.LONGEST_LABEL_VALUE) @Pattern(Keys.LABEL_VALUE) String> nodeSelector,

        @Size(max = 32) List<Toleration> tolerations,
        @Nullable Affinity affinity,
        @Default("{}") RunnerService service,
        @Nullable LabelSelector allowedNamespaces,
        @Default("Text") LogFormat logFormat,
        @Nullable TracingSpec tracing) {
    public RunnerSpec {
        imagePullPolicy = requireNonNullElse(imagePullPolicy, SandboxPoolSpec.ImagePullPolicy.IfNotPresent);
        labels = Map.copyOf(requireNonNullElse(labels, Map.of()));
        annotations = Map.copyOf(requireNonNullElse(annotations, Map.of()));
        nodeSelector = Map.copyOf(requireNonNullElse(nodeSelector, Map.of()));
        tolerations = List.copyOf(requireNonNullElse(tolerations, List.of()));
        service = requireNonNullElseGet(service, RunnerService::defaults);
        logFormat = requireNonNullElse(logFormat, LogFormat.Text);
    }

    @SuppressWarnings("NullAway") // the constructor fills in what is null
    static RunnerSpec defaults() {
        return new RunnerSpec(null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
    }

    /** The forms of a log. */
    public enum LogFormat {
        Text,
        Json
    }

    /**
     * The Service of the pool. It has the name of the pool.
     *
     * @param type The type of the Service.
     * @param port The port of the Service.
     * @param nodePort The port on each node, for the types NodePort and LoadBalancer. If not set, the cluster chooses one.
     * @param annotations Annotations of the Service, for example for a load balancer.
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @ValidationRule(
            value = "!has(self.nodePort) || self.type != 'ClusterIP'",
            message = "nodePort needs the type NodePort or LoadBalancer")
    public record RunnerService(
            @Default("ClusterIP") Type type,
            @Default("80") @Min(1) @Max(65535) Integer port,
            @Nullable @Min(1) @Max(65535) Integer nodePort,

            @Size(max = Keys.MOST)
            @ValidationRule(value = Keys.NOT_OURS, message = Keys.NOT_OURS_MESSAGE)
            @ValidationRule(value = Keys.WELL_FORMED, message = Keys.WELL_FORMED_MESSAGE)
            Map<String, @Size(max = 8192) String> annotations) {
        public RunnerService {
            type = requireNonNullElse(type, Type.ClusterIP);
            port = requireNonNullElse(port, 80);
            annotations = Map.copyOf(requireNonNullElse(annotations, Map.of()));
        }

        @SuppressWarnings("NullAway") // the constructor fills in what is null
        static RunnerService defaults() {
            return new RunnerService(null, null, null, null);
        }

        /** The types of a Service, in Kubernetes' own words. */
        public enum Type {
            ClusterIP,
            NodePort,
            LoadBalancer
        }
    }
}
