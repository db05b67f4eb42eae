package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command of the sandbox image that runs programs of one kind. The path of the program and its arguments are appended to the command.
 *
 * @param name The name of the kind, for logs.
 * @param magic Bytes, in hexadecimal, that a program of this kind has at offset.
 * @param mask The bits of magic that count, in hexadecimal, as long as magic. If not set, all bits count.
 * @param offset The place of magic. If not set: 0.
 * @param contains Bytes, in hexadecimal, that a program of this kind has anywhere.
 * @param command The command: an absolute path and its first arguments.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(value = "has(self.magic) || has(self.contains)", message = "a launcher needs magic or contains")
@ValidationRule(
        value = "!has(self.mask) || (has(self.magic) && size(self.mask) == size(self.magic))",
        message = "mask must be as long as magic",
        fieldPath = ".mask")
@ValidationRule(
        value = "self.command[0].startsWith('/')",
        message = "the command must begin with an absolute path",
        fieldPath = ".command")
public record LauncherSpec(
        @Required @Size(min = 1, max = 63) @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
        String name,

        @Nullable @Size(min = 2, max = 512) @Pattern(LauncherSpec.HEXADECIMAL)
        String magic,

        @Nullable @Size(min = 2, max = 512) @Pattern(LauncherSpec.HEXADECIMAL)
        String mask,

        // No default in the schema: Argo CD compares a list as a whole, and would find one that the API server has
        // added to.
        @Min(0) @Max(4096) Integer offset,

        @Nullable @Size(min = 8, max = 512) @Pattern(LauncherSpec.HEXADECIMAL)
        String contains,

        @Required @Size(min = 1, max = 16) List<@Size(min = 1, max = 1024) String> command) {
    static final String HEXADECIMAL = "^([0-9a-fA-F]{2})+$";

    public LauncherSpec {
        offset = requireNonNullElse(offset, 0);
        command = List.copyOf(requireNonNullElse(command, List.of()));
    }
}
