package dev.sandpool.runner.sandbox.kubernetes;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sandpool.crds.Durations;
import dev.sandpool.crds.EmbeddedSpec;
import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.PoolRules;
import dev.sandpool.crds.RunLimits;
import dev.sandpool.crds.RunnerSettings;
import dev.sandpool.crds.SandboxPoolSpec.Isolation;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.SandboxLimits;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what the operator has written for the runners of a pool. Not thread-safe. */
final class RevisionReader {
    private static final Logger LOG = LoggerFactory.getLogger(RevisionReader.class);

    // Not the client's own: that one cannot read the unwrapped rules of RunnerSettings.
    private static final JsonMapper JSON = new JsonMapper();

    private final KubernetesClient client;
    private final RunnerIdentity runner;
    private final Map<String, PodRevision> known = new HashMap<>();
    private boolean hasBegun;

    RevisionReader(KubernetesClient client, RunnerIdentity runner) {
        this.client = client;
        this.runner = runner;
    }

    /** @throws IllegalArgumentException with what is wrong with the JSON */
    RunnerSettings settings(@Nullable String json) {
        if (json == null) {
            throw new IllegalArgumentException("it has no key " + RunnerSettings.KEY);
        }
        RunnerSettings settings = parse(json, RunnerSettings.class, RunnerSettings.KEY);
        PoolRules rules = settings.rules();
        if (settings.revision() == null
                || rules == null
                || rules.startTimeout() == null
                || rules.queueTimeout() == null) {
            throw new IllegalArgumentException(
                    RunnerSettings.KEY + " must have revision, startTimeout and queueTimeout");
        }
        return settings;
    }

    /**
     * Reads the PodTemplates that the settings name, except those it already has.
     *
     * @throws IllegalArgumentException with what is wrong with the settings or the PodTemplate
     * @throws KubernetesClientException if the API server does not return it
     */
    PoolSettings pool(RunnerSettings settings) {
        Duration startTimeout = Durations.parse(settings.rules().startTimeout());
        Revision revision = revision(settings.revision(), startTimeout);
        var pool = new PoolSettings(revision, stable(settings, startTimeout), settings.rules());
        hasBegun = true;
        known.keySet().removeIf(name -> !name.equals(settings.revision()) && !name.equals(settings.stableRevision()));
        return pool;
    }

    /**
     * Returns the settings with the stable revision as the wanted one, if there is one. For a runner that starts while
     * the wanted revision cannot be read.
     */
    Optional<PoolSettings> stableAlone(RunnerSettings settings) {
        try {
            Optional<PoolSettings> pool = stable(
                            settings, Durations.parse(settings.rules().startTimeout()))
                    .map(revision -> new PoolSettings(revision, Optional.empty(), settings.rules()));
            hasBegun = hasBegun || pool.isPresent();
            return pool;
        } catch (IllegalArgumentException | KubernetesClientException e) {
            LOG.atDebug().setCause(e).log("cannot use the stable revision either");
            return Optional.empty();
        }
    }

    /** Used only at the start of a runner. Later the runner itself knows which revision was good. */
    private Optional<Revision> stable(RunnerSettings settings, Duration startTimeout) {
        String name = settings.stableRevision();
        if (hasBegun || name == null || name.equals(settings.revision())) {
            return Optional.empty();
        }
        try {
            return Optional.of(revision(name, startTimeout));
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                throw e;
            }
            LOG.atWarn()
                    .addKeyValue("revision", name)
                    .log("the stable revision does not exist any more, so the wanted one is used");
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            LOG.atWarn().addKeyValue("revision", name).setCause(e).log("the stable revision cannot be used");
            return Optional.empty();
        }
    }

    private Revision revision(String name, Duration startTimeout) {
        PodRevision revision = known.get(name);
        if (revision == null) {
            revision = read(name);
            known.put(name, revision);
        }
        revision.template().mustOutlive(startTimeout, revision.limits().runTimeout());
        return revision;
    }

    private PodRevision read(String name) {
        String object = PoolNames.podTemplate(runner.pool(), name);
        PodTemplate template = client.v1()
                .podTemplates()
                .inNamespace(runner.namespace())
                .withName(object)
                .get();
        if (template == null) {
            throw new KubernetesClientException("it is not there", HttpURLConnection.HTTP_NOT_FOUND, null);
        }
        Map<String, String> annotations = template.getMetadata().getAnnotations();
        String json = annotations == null ? null : annotations.get(RunLimits.ANNOTATION);
        if (json == null) {
            throw new IllegalArgumentException("PodTemplate " + object + " has no annotation " + RunLimits.ANNOTATION);
        }
        RunLimits limits =
                parse(json, RunLimits.class, "PodTemplate " + object + ", annotation " + RunLimits.ANNOTATION);
        Isolation isolation = isolation(object, annotations.get(Isolation.ANNOTATION));
        SandboxPodTemplate pods = SandboxPodTemplate.of(template, isolation);
        if ("false".equals(annotations.get(EmbeddedSpec.HOST_USERS_ANNOTATION)) && pods.sharesUsersWithItsNode()) {
            throw new IllegalArgumentException(
                    "PodTemplate " + object + " has lost spec.hostUsers: false in the API server:"
                            + " it needs Kubernetes 1.33 with the feature gate UserNamespacesSupport");
        }
        return new PodRevision(name, limits(limits), pods, isolation);
    }

    private static Isolation isolation(String object, @Nullable String name) {
        if (name == null) {
            return Isolation.RuntimeClass;
        }
        return Arrays.stream(Isolation.values())
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("PodTemplate %s, annotation %s: \"%s\" must be one of %s"
                                .formatted(object, Isolation.ANNOTATION, name, List.of(Isolation.values()))));
    }

    private static SandboxLimits limits(RunLimits limits) {
        if (limits.runTimeout() == null) {
            throw new IllegalArgumentException(RunLimits.ANNOTATION + " must have runTimeout");
        }
        return new SandboxLimits(
                limits.binaryBytes(),
                limits.fileBytes(),
                limits.outputBytes(),
                limits.memoryBytes(),
                limits.pids(),
                Optional.ofNullable(limits.cpuTime()).map(Durations::parse),
                Durations.parse(limits.runTimeout()));
    }

    private static <T> T parse(String json, Class<T> type, String what) {
        T value;
        try {
            value = JSON.readValue(json, type);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    what + " is not the JSON of " + type.getSimpleName() + ": " + e.getOriginalMessage(), e);
        }
        if (value == null) {
            throw new IllegalArgumentException(what + " is empty");
        }
        return value;
    }
}
