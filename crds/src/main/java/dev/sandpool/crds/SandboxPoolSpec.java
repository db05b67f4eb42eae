package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;
import static java.util.Objects.requireNonNullElseGet;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The desired state of a pool. Only image is required.
 *
 * @param image The sandbox image. It has the program contained and the files that programs find. A change makes a new revision: runners replace
 *     their sandboxes one by one, without a restart, and no run is ended.
 * @param imagePullPolicy When a node pulls the sandbox image.
 * @param imagePullSecrets Secrets of this namespace for pulling the sandbox image and the runner image.
 * @param isolation What starts gVisor around a program. RuntimeClass: the node, with one pod for each sandbox. Embedded: the sandbox image,
 *     whose pods use the default runtime of the cluster and start a gVisor for each run.
 * @param runtimeClassName The RuntimeClass of the sandboxes, with isolation RuntimeClass. It must be gVisor's: runners refuse a sandbox
 *     with another kernel. If not set: gvisor.
 * @param embedded The pods with isolation Embedded. A change of seccompProfile or hostUsers makes a new revision.
 * @param runAsUser The user of sandboxes and runners. Fixed: 65532. FromNamespace: not set, so that the cluster chooses one of the
 *     namespace's range, as OpenShift does.
 * @param replicas The number of runners. kubectl scale and a HorizontalPodAutoscaler change it.
 * @param workers The number of programs that each runner runs at once.
 * @param warm The number of sandboxes that each runner keeps warm.
 * @param queue The queue of each runner.
 * @param limits The limits of one run. A change of memory, cpu, cpuTime, pids, binary, files, output or runTimeout makes a new revision.
 * @param reuse Whether a sandbox may serve several runs of one caller. Each run has new namespaces and a new memory file system, and the
 *     sandbox first checks that nothing of the run before is left.
 * @param launchers Commands for programs that the kernel cannot execute. The first launcher that matches a program runs it. Other programs,
 *     including #! scripts, are executed directly.
 * @param callers How callers are identified, and the limits of each caller. Free workers go to callers in turn.
 * @param authentication Whether requests need the header Authorization: Bearer TOKEN. With both fields set, either kind of token is
 *     accepted. With none set, requests need no token.
 * @param cors The pages of other origins that may call the pool from a browser.
 * @param network The network of a program.
 * @param runner The Deployment and the Service of the runners. A change, except of service, replaces the runners one by one: a new one is
 *     ready before an old one drains.
 * @param sandbox Labels and scheduling of the sandbox pods. A change makes a new revision.
 * @param paused Whether the operator leaves the objects of the pool as they are. The pool goes on serving, its status is updated, leaked
 *     sandboxes are deleted, and changes of the spec wait.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.embedded) || self.isolation == 'Embedded'",
        message = "embedded needs isolation: Embedded",
        fieldPath = ".embedded")
@ValidationRule(
        value = "self.isolation != 'Embedded' || !has(self.runtimeClassName)",
        message =
                "runtimeClassName must be left out with isolation: Embedded, whose pods run on the cluster's default runtime",
        fieldPath = ".runtimeClassName")
@ValidationRule(
        value = "self.isolation != 'Embedded' || self.reuse.maxRuns == 1",
        message = "reuse.maxRuns must be 1 with isolation: Embedded, where each run has a sandbox of its own:"
                + " embedded.maxRuns is how many runs a pod serves",
        fieldPath = ".reuse.maxRuns")
@ValidationRule(
        value = "self.warm.min <= self.warm.max",
        message = "warm.min must be at most warm.max, which is 2 unless said otherwise",
        fieldPath = ".warm.min")
@ValidationRule(
        value = "self.warm.max <= 4 * self.workers + 16",
        message =
                "warm.max must be at most 4 * workers + 16: each run needs a worker, and sandboxes are replaced while runs go on",
        fieldPath = ".warm.max")
@ValidationRule(
        value = SandboxPoolSpec.ASKS_FOR + "'cpu'" + SandboxPoolSpec.AT_MOST
                + "quantity(string(self.limits.cpu))) <= 0)",
        message = "sandbox.resources.requests.cpu must be at most limits.cpu",
        fieldPath = ".sandbox.resources.requests")
@ValidationRule(
        value = SandboxPoolSpec.ASKS_FOR + "'memory'" + SandboxPoolSpec.AT_MOST
                + "quantity(string(self.limits.memory)).add(quantity(string(self.limits.binary))).add("
                + "quantity(self.isolation == 'Embedded' ? '248Mi' : '184Mi'))) <= 0)",
        message = "sandbox.resources.requests.memory must be at most what a sandbox may take:"
                + " limits.memory and limits.binary and 184Mi, or 248Mi with isolation: Embedded",
        fieldPath = ".sandbox.resources.requests")
public record SandboxPoolSpec(
        @Required
        @Size(min = 1, max = 1024)
        @ValidationRule(value = SandboxPoolSpec.IMAGE, message = SandboxPoolSpec.IMAGE_MESSAGE)
        String image,

        @Default("IfNotPresent") ImagePullPolicy imagePullPolicy,
        @Size(max = 16) List<LocalObjectReference> imagePullSecrets,

        @Default("RuntimeClass") Isolation isolation,

        @Nullable @Size(min = 1, max = 253) @Pattern(PoolNames.OBJECT_NAME)
        String runtimeClassName,

        @Nullable EmbeddedSpec embedded,
        @Default("Fixed") RunAsUser runAsUser,
        @SpecReplicas @Default("1") @Min(0) @Max(1000) Integer replicas,
        @Default("2") @Min(1) @Max(1000) Integer workers,
        @Default("{}") WarmSpec warm,
        @Default("{}") QueueSpec queue,
        @Default("{}") LimitsSpec limits,
        @Default("{}") ReuseSpec reuse,
        @Size(max = 16) List<LauncherSpec> launchers,
        @Default("{}") CallersSpec callers,
        @Default("{}") AuthenticationSpec authentication,
        @Default("{}") CorsSpec cors,
        @Default("None") Network network,
        @Default("{}") RunnerSpec runner,
        @Default("{}") SandboxSpec sandbox,
        @Default("false") Boolean paused) {
    static final String IMAGE = "!self.matches('[\\\\s]')";
    static final String IMAGE_MESSAGE = "an image's name has no white space";

    /** A rule: {@code ASKS_FOR + "'cpu'" + AT_MOST + "another quantity) <= 0)"}. What is no quantity, patterns speak of. */
    static final String ASKS_FOR = "!has(self.sandbox.resources) || !has(self.sandbox.resources.requests)"
            + " || ![string(self.limits.cpu), string(self.limits.memory), string(self.limits.binary)].all(text, isQuantity(text))"
            + " || self.sandbox.resources.requests.all(name, name != ";

    static final String AT_MOST = " || !isQuantity(string(self.sandbox.resources.requests[name]))"
            + " || quantity(string(self.sandbox.resources.requests[name])).compareTo(";

    /** The API server has filled in the defaults already, unless it has an older idea of this type. */
    public SandboxPoolSpec {
        imagePullPolicy = requireNonNullElse(imagePullPolicy, ImagePullPolicy.IfNotPresent);
        imagePullSecrets = List.copyOf(requireNonNullElse(imagePullSecrets, List.of()));
        isolation = requireNonNullElse(isolation, Isolation.RuntimeClass);
        runAsUser = requireNonNullElse(runAsUser, RunAsUser.Fixed);
        replicas = requireNonNullElse(replicas, 1);
        workers = requireNonNullElse(workers, 2);
        warm = requireNonNullElseGet(warm, WarmSpec::defaults);
        queue = requireNonNullElseGet(queue, QueueSpec::defaults);
        limits = requireNonNullElseGet(limits, LimitsSpec::defaults);
        reuse = requireNonNullElseGet(reuse, ReuseSpec::defaults);
        launchers = List.copyOf(requireNonNullElse(launchers, List.of()));
        callers = requireNonNullElseGet(callers, CallersSpec::defaults);
        authentication = requireNonNullElseGet(authentication, AuthenticationSpec::defaults);
        cors = requireNonNullElseGet(cors, CorsSpec::defaults);
        network = requireNonNullElse(network, Network.None);
        runner = requireNonNullElseGet(runner, RunnerSpec::defaults);
        sandbox = requireNonNullElseGet(sandbox, SandboxSpec::defaults);
        paused = requireNonNullElse(paused, false);
    }

    /** The RuntimeClass of the sandboxes' pods; empty where gVisor is embedded. */
    public Optional<String> sandboxRuntimeClass() {
        return isolation == Isolation.Embedded
                ? Optional.empty()
                : Optional.of(requireNonNullElse(runtimeClassName, "gvisor"));
    }

    /** What holds where gVisor is embedded; empty where it is not. */
    public Optional<EmbeddedSpec> embeddedGvisor() {
        return isolation == Isolation.Embedded
                ? Optional.of(requireNonNullElseGet(embedded, EmbeddedSpec::defaults))
                : Optional.empty();
    }

    /** What puts gVisor around a program. */
    public enum Isolation {
        RuntimeClass,
        Embedded;

        /** Of a PodTemplate that is of another isolation than RuntimeClass. */
        public static final String ANNOTATION = "sandpool.dev/isolation";
    }

    /** When a node pulls an image, in Kubernetes' own words. */
    public enum ImagePullPolicy {
        Always,
        IfNotPresent,
        Never
    }

    /** Who chooses the user that pods run as. */
    public enum RunAsUser {
        Fixed,
        FromNamespace
    }

    /** What network a program has. There is one choice today. */
    public enum Network {
        None
    }
}
