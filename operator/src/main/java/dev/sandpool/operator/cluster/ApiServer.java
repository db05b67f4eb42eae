package dev.sandpool.operator.cluster;

/** Constants for requests to the API server. */
public final class ApiServer {
    /** The field manager of the fields that the operator applies. */
    public static final String FIELD_MANAGER = "sandpool-operator";

    /**
     * The maximum number of objects in one response to a list. A response is held whole in memory, together with the
     * objects made from it.
     */
    public static final long LIST_LIMIT = 200;

    private ApiServer() {}
}
