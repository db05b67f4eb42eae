package dev.sandpool.client;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A value of JSON, as far as answers of a runner have them. */
sealed interface Json {
    record Fields(Map<String, Json> byName) implements Json {}

    record Items(List<Json> all) implements Json {}

    record Text(String value) implements Json {}

    record Numeral(String digits) implements Json {}

    /** true, false or null. */
    record Word(String word) implements Json {}

    /** A field of an object; nothing where there is none, or this is no object. */
    default Optional<Json> field(String name) {
        return this instanceof Fields fields
                ? Optional.ofNullable(fields.byName().get(name))
                : Optional.empty();
    }

    default Optional<String> text(String name) {
        return field(name).flatMap(value -> value instanceof Text text ? Optional.of(text.value()) : Optional.empty());
    }

    /** Nothing where the field is no array. */
    default List<Json> items(String name) {
        return field(name).orElse(null) instanceof Items items ? items.all() : List.of();
    }

    /** Whether a field is there and is true. */
    default boolean isTrue(String name) {
        return field(name).filter(new Word("true")::equals).isPresent();
    }

    default OptionalInt integer(String name) {
        try {
            return field(name).orElse(null) instanceof Numeral number
                    ? OptionalInt.of(Integer.parseInt(number.digits()))
                    : OptionalInt.empty();
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }
}
