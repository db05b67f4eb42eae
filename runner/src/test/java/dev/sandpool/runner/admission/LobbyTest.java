package dev.sandpool.runner.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LobbyTest {
    private static final Caller FLOOD = Caller.ofHeader("flood");

    private final Lobby lobby = new Lobby(8);

    private List<Lobby.Place> flood() {
        var places = new ArrayList<Lobby.Place>();
        for (Optional<Lobby.Place> place = lobby.enter(FLOOD); place.isPresent(); place = lobby.enter(FLOOD)) {
            places.add(place.get());
        }
        return places;
    }

    @Test
    void oneCallerAloneHasHalf() {
        assertThat(flood()).hasSize(4);
        assertThat(lobby.hasAny(FLOOD)).isTrue();
    }

    @Test
    void somebodyNewFindsAPlace() {
        flood();

        for (String name : new String[] {"one", "two", "three"}) {
            assertThat(lobby.enter(Caller.ofHeader(name))).as(name).isPresent();
        }
        assertThat(lobby.enter(FLOOD)).isEmpty();
    }

    @Test
    void whatIsLeftIsFree() {
        flood().forEach(Lobby.Place::close);

        assertThat(lobby.hasAny(FLOOD)).isFalse();
        assertThat(flood()).hasSize(4);
    }
}
