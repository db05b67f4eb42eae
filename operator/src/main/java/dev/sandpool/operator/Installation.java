package dev.sandpool.operator;

import java.util.List;

/**
 * What is the same for all pools of a cluster.
 *
 * @param runnerImage of pools that name none
 * @param apiServer where pods reach the API server
 */
record Installation(String runnerImage, List<Address> apiServer) {
    /** One address that runners may connect to. */
    record Address(String ip, int port) {}
}
