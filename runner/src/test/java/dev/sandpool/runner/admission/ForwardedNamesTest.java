package dev.sandpool.runner.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ForwardedNamesTest {
    private static String name(int proxies, String... lines) {
        return ForwardedNames.of(List.of(lines), proxies).orElse("nobody");
    }

    @Test
    void whatTheClientInventsStandsBeforeWhatTheProxyAdds() {
        assertThat(name(1, "203.0.113.9")).isEqualTo("203.0.113.9");
        assertThat(name(1, "10.0.0.1, 203.0.113.9")).isEqualTo("203.0.113.9");
        assertThat(name(1, "10.0.0.1", "10.0.0.2,203.0.113.9")).isEqualTo("203.0.113.9");
        assertThat(name(1, "10.0.0.1, 10.0.0.2", "203.0.113.9")).isEqualTo("203.0.113.9");
    }

    @Test
    void ofTwoProxiesTheFirstNamesTheClient() {
        assertThat(name(2, "10.0.0.1, 203.0.113.9, 192.0.2.1")).isEqualTo("203.0.113.9");
        assertThat(name(2, "10.0.0.1, 203.0.113.9", "192.0.2.1")).isEqualTo("203.0.113.9");
        assertThat(name(2, "203.0.113.9")).isEqualTo("203.0.113.9");
    }

    @Test
    void emptyElementsAreNone() {
        assertThat(name(1)).isEqualTo("nobody");
        assertThat(name(1, "", " ,, ")).isEqualTo("nobody");
        assertThat(name(1, "a, ,")).isEqualTo("a");
    }

    @Test
    void aPortMakesNoOtherCaller() {
        assertThat(name(1, "203.0.113.9:4711")).isEqualTo("203.0.113.9");
        assertThat(name(1, "[2001:db8::1]:4711")).isEqualTo(name(1, "2001:db8::2"));
    }

    @Test
    void anIpv6AddressIsAsGoodAsItsNetwork() {
        assertThat(name(1, "2001:db8::1")).isEqualTo(name(1, "2001:DB8:0:0:ffff::2"));
        assertThat(name(1, "2001:db8::1")).isNotEqualTo(name(1, "2001:db8:0:1::1"));
    }

    @Test
    void otherNamesStayAsTheyAre() {
        assertThat(name(1, "team:a")).isEqualTo("team:a");
        assertThat(name(1, "dead:beef")).isEqualTo("dead:beef");
        assertThat(name(1, "::1%eth0")).isEqualTo("::1%eth0");
        assertThat(name(1, "for=203.0.113.9;proto=https")).isEqualTo("for=203.0.113.9;proto=https");
    }
}
