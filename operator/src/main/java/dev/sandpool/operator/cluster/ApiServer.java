package dev.sandpool.operator.cluster;

/** How the operator speaks to the API server. */
public final class ApiServer {
    /** Whose fields are those that the operator applies. */
    public static final String FIELD_MANAGER = "sandpool-operator";

    /** The most objects that one answer to a list has: an answer is held whole in memory, beside what is made of it. */
    public static final long LIST_LIMIT = 200;

    private ApiServer() {}
}
