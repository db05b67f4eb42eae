package dev.sandpool.runner;

/** Where a socket listens; port 0 takes any. */
record ListenAddress(String host, int port) {
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
