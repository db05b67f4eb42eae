package dev.sandpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class BytesTest {
    private static final Bytes BCD = Bytes.view(new byte[] {'a', 'b', 'c', 'd', 'e'}, 1, 3);

    @Test
    void equalBytesAreEqualWhereverTheyLie() {
        assertThat(BCD)
                .isEqualTo(Bytes.utf8("bcd"))
                .hasSameHashCodeAs(Bytes.utf8("bcd"))
                .isNotEqualTo(Bytes.utf8("bce"))
                .isNotEqualTo(Bytes.utf8("bc"));
    }

    @Test
    void everyWayOutHasTheBytesOfTheRangeOnly() {
        CRC32 crc = new CRC32();
        BCD.update(crc);
        CRC32 expected = new CRC32();
        expected.update(new byte[] {'b', 'c', 'd'});

        assertThat(BCD.toByteArray()).containsExactly('b', 'c', 'd');
        assertThat(BCD.asByteBuffer().remaining()).isEqualTo(3);
        assertThat(BCD.asByteBuffer().get(2)).isEqualTo((byte) 'd');
        assertThat(BCD.asByteBuffer().isReadOnly()).isTrue();
        assertThat(BCD.utf8()).isEqualTo("bcd");
        assertThat(BCD.slice(1, 1)).isEqualTo(Bytes.utf8("c"));
        assertThat(crc.getValue()).isEqualTo(expected.getValue());
        assertThat(BCD.contains((byte) 'a')).isFalse();
        assertThat(BCD.contains((byte) 'd')).isTrue();
        assertThat(BCD.contains((byte) 'e')).isFalse();
    }

    @Test
    void aRangeOutsideTheArrayIsRefused() {
        assertThatThrownBy(() -> Bytes.view(new byte[3], 1, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> BCD.slice(0, 4)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void whatHasNoUtf8FormIsRefused() {
        assertThatThrownBy(() -> Bytes.utf8("a\ud83c")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Bytes.view(new byte[] {'a', (byte) 0xff}).utf8())
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theTextIsShortAndHarmless() {
        assertThat(Bytes.view(new byte[] {10, 27})).hasToString("2 bytes 0a1b");
        assertThat(Bytes.view(new byte[100]).toString()).isEqualTo("100 bytes " + "00".repeat(32) + "...");
    }
}
