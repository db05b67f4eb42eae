package dev.sandpool.protocol;

import java.util.Arrays;

/**
 * Names files in the program's folder: a path, or a pattern of paths. In a pattern {@code *} stands for any characters of
 * a name, {@code ?} for one character, and a component {@code **} for any number of folders. All other characters stand
 * for themselves. The C side has the same rules, and both are tested against {@code protocol/golden/patterns.txt}.
 */
public final class FilePattern {
    private static final String ANY_FOLDERS = "**";

    private final String text;
    private final String[] components;

    /** @throws IllegalArgumentException with the rule that the text breaks */
    public FilePattern(String text) {
        FilePath.require("file pattern", text);
        components = text.split("/", -1);
        long anyFolders = Arrays.stream(components).filter(ANY_FOLDERS::equals).count();
        boolean isWhole = Arrays.stream(components)
                .noneMatch(component -> component.contains(ANY_FOLDERS) && !component.equals(ANY_FOLDERS));
        if (anyFolders > 1 || !isWhole) {
            // More than one would make the time that a match takes grow with each.
            throw new IllegalArgumentException("file pattern \"" + text + "\" "
                    + (isWhole ? "has ** more than once" : "has ** that is not a whole component"));
        }
        this.text = text;
    }

    public String text() {
        return text;
    }

    /** Whether it names one file only. */
    public boolean isLiteral() {
        return text.indexOf('*') < 0 && text.indexOf('?') < 0;
    }

    public boolean matches(String path) {
        return isLiteral() ? text.equals(path) : matches(0, path.split("/", -1), 0);
    }

    private boolean matches(int at, String[] path, int from) {
        if (at == components.length || from == path.length) {
            return at == components.length && from == path.length;
        }
        if (!components[at].equals(ANY_FOLDERS)) {
            return matchesName(components[at], path[from]) && matches(at + 1, path, from + 1);
        }
        // At the end it stands for all that lies in the folder.
        return at + 1 == components.length || matches(at + 1, path, from) || matches(at, path, from + 1);
    }

    /** The last {@code *} takes one more character each time that what follows it does not match. */
    private static boolean matchesName(String pattern, String name) {
        int at = 0;
        int in = 0;
        int afterStar = -1;
        int retry = 0;
        while (in < name.length()) {
            if (at < pattern.length() && pattern.charAt(at) == '*') {
                afterStar = ++at;
                retry = in;
            } else if (at < pattern.length() && pattern.charAt(at) == '?') {
                at++;
                in = next(name, in);
            } else if (at < pattern.length() && pattern.charAt(at) == name.charAt(in)) {
                at++;
                in++;
            } else if (afterStar >= 0) {
                at = afterStar;
                retry = next(name, retry);
                in = retry;
            } else {
                return false;
            }
        }
        return pattern.substring(at).chars().allMatch(c -> c == '*');
    }

    private static int next(String name, int at) {
        return name.offsetByCodePoints(at, 1);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FilePattern that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
