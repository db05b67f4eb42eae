package dev.sandpool.operator.objects;

import java.util.List;

/**
 * What is the same for all pools of a cluster.
 *
 * @param runnerImage of pools that name none
 * @param apiServer where pods reach the API server
 */
public record Installation(String runnerImage, List<Address> apiServer) {
    /** One address that runners may connect to. */
    public record Address(String ip, int port) {}
}
