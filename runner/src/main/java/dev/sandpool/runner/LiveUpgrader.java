package dev.sandpool.runner;

import io.helidon.http.Headers;
import io.helidon.webserver.websocket.WsConfig;
import io.helidon.webserver.websocket.WsUpgrader;

/** Opens WebSockets for clients that are no pages, for pages of the host that they ask, and for those that the pool allows. */
final class LiveUpgrader extends WsUpgrader {
    private final Cors cors;

    LiveUpgrader(Cors cors) {
        super(WsConfig.create());
        this.cors = cors;
    }

    @Override
    protected void validateOrigin(Headers headers, String origin) {
        if (!cors.allows(origin)) {
            super.validateOrigin(headers, origin);
        }
    }
}
