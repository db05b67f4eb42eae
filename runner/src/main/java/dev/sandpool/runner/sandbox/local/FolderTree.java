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
 * Deletes a folder and its content safely: it opens each folder without following links, and deletes entries relative
 * to the open folder. If a folder is replaced by a link meanwhile, only the link is deleted.
 */
final class FolderTree {
    private FolderTree() {}

    /**
     * Deletes the folder. Does nothing if it does not exist.
     *
     * @param parent trusted, like all folders above it
     * @throws IOException if a part of it could not be deleted
     */
    static void delete(Path parent, Path name) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent)) {
            if (!(entries instanceof SecureDirectoryStream<Path> secure)) {
                throw new IOException("this system cannot open a folder so that nothing is followed");
            }
            delete(secure, name);
        } catch (NoSuchFileException e) {
            // Another process has deleted it.
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
            // Another process has deleted it.
        }
    }

    private static boolean isFolder(SecureDirectoryStream<Path> in, Path name) throws IOException {
        return in.getFileAttributeView(name, BasicFileAttributeView.class, NOFOLLOW_LINKS)
                .readAttributes()
                .isDirectory();
    }
}
