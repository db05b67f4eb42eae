package dev.sandpool.runner.sandbox.local;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;

/**
 * A folder and all that is in it, deleted from within: each folder is opened as what it is, never through a link, and what is in it is deleted
 * relative to the open one. Whoever puts a link in the place of a folder meanwhile has the link deleted.
 */
final class FolderTree {
    private FolderTree() {}

    /**
     * Does nothing if it is gone already.
     *
     * @param parent trusted, as all above it
     * @throws IOException something of it could not be deleted
     */
    static void delete(Path parent, Path name) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent)) {
            if (!(entries instanceof SecureDirectoryStream<Path> secure)) {
                throw new IOException("this system cannot open a folder so that nothing is followed");
            }
            delete(secure, name);
        } catch (NoSuchFileException e) {
            // Somebody was faster.
        }
    }

    private static void delete(SecureDirectoryStream<Path> in, Path name) throws IOException {
        try {
            if (isFolder(in, name)) {
                try (var inside = in.newDirectoryStream(name, NOFOLLOW_LINKS)) {
                    for (Path entry : inside) {
                        delete(inside, entry.getFileName());
                    }
                }
                in.deleteDirectory(name);
            } else {
                in.deleteFile(name);
            }
        } catch (NoSuchFileException e) {
            // Somebody was faster.
        }
    }

    private static boolean isFolder(SecureDirectoryStream<Path> in, Path name) throws IOException {
        return in.getFileAttributeView(name, BasicFileAttributeView.class, NOFOLLOW_LINKS)
                .readAttributes()
                .isDirectory();
    }
}
