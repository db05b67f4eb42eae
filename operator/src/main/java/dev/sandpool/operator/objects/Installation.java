package dev.sandpool.operator.objects;

import java.util.List;

/**
 * The settings that all pools of a cluster share.
 *
 * @param runnerImage the image of pools that name none
 * @param apiServer the addresses at which pods reach the API server
 */
public record Installation(String runnerImage, List<Address> apiServer) {
    /** An address that runners may connect to. */
    public record Address(String ip, int port) {}
}
