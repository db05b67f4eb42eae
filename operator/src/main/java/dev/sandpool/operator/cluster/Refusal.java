package dev.sandpool.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * An object of a pool that could not be written or deleted. It does not delay the other objects.
 *
 * @param object its kind and name, such as {@code Service web}
 * @param why the sentence of the API server
 * @param passing whether the same request may succeed a second later: a conflict, or an API server that is overloaded
 *     or away
 */
public record Refusal(String object, String why, boolean passing) {
    private static final int CONFLICT = 409;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int REQUEST_TIMEOUT = 408;

    public static Refusal of(HasMetadata object, RuntimeException failure) {
        String name = object.getKind() + " " + object.getMetadata().getName();
        return failure instanceof KubernetesClientException answer
                ? new Refusal(name, sentence(answer), passes(answer.getCode()))
                : new Refusal(name, sentence(failure), false);
    }

    /** Returns whether the object is of this kind. */
    public boolean isOf(String kind) {
        return object.startsWith(kind + " ");
    }

    /**
     * Describes the objects and the reasons for a person. Names all objects, and each reason only once, so that the
     * message stays short.
     */
    public static String describe(List<Refusal> refusals) {
        Map<String, List<String>> objects = refusals.stream()
                .collect(Collectors.groupingBy(
                        Refusal::why, LinkedHashMap::new, Collectors.mapping(Refusal::object, Collectors.toList())));
        return objects.entrySet().stream()
                .map(each -> String.join(", ", each.getValue()) + ": " + each.getKey())
                .collect(Collectors.joining("\n"));
    }

    private static String sentence(KubernetesClientException answer) {
        return answer.getStatus() != null && answer.getStatus().getMessage() != null
                ? answer.getStatus().getMessage()
                : sentence((RuntimeException) answer);
    }

    private static String sentence(RuntimeException failure) {
        return Objects.requireNonNullElse(failure.getMessage(), failure.toString());
    }

    /** Code 0 is a request without a response. */
    private static boolean passes(int code) {
        return code < 400 || code >= 500 || code == REQUEST_TIMEOUT || code == CONFLICT || code == TOO_MANY_REQUESTS;
    }
}
