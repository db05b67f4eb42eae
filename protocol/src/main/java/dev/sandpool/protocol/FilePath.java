package dev.sandpool.protocol;

import java.util.Arrays;

/** The rules for where a working file may lie, seen from the program's folder. */
final class FilePath {
    /** The program's own file, which no other may replace, nor lie beneath. */
    private static final String PROGRAM = "play";

    private FilePath() {}

    /** @param what the path is, for the message */
    static void require(String what, String path) {
        String broken = brokenRule(path);
        if (!broken.isEmpty()) {
            throw new IllegalArgumentException(what + " \"" + shown(path) + "\" " + broken);
        }
    }

    private static String brokenRule(String path) {
        int size = Bytes.utf8(path).size();
        if (size < 1 || size > Protocol.MAX_PATH_BYTES) {
            return "has " + size + " bytes, not 1 to " + Protocol.MAX_PATH_BYTES;
        }
        if (path.chars().anyMatch(FilePath::isControl)) {
            return "contains a control character";
        }
        String[] components = path.split("/", -1);
        if (components.length > Protocol.MAX_PATH_COMPONENTS) {
            return "has " + components.length + " components, at most " + Protocol.MAX_PATH_COMPONENTS;
        }
        if (Arrays.stream(components).anyMatch(name -> name.isEmpty() || name.equals(".") || name.equals(".."))) {
            return "has an empty component, or one that is . or ..";
        }
        return components[0].equals(PROGRAM) ? "begins with " + PROGRAM + ", which is the program" : "";
    }

    /** Those of ASCII, which are also the only bytes of UTF-8 that could be any. */
    private static boolean isControl(int c) {
        return c < ' ' || c == 0x7f;
    }

    private static String shown(String path) {
        return path.chars()
                .limit(Protocol.MAX_PATH_BYTES)
                .map(c -> isControl(c) ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
