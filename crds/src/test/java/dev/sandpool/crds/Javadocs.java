package dev.sandpool.crds;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.DocTree;
import com.sun.source.doctree.LinkTree;
import com.sun.source.doctree.LiteralTree;
import com.sun.source.doctree.ParamTree;
import com.sun.source.doctree.TextTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** What the sources say about the records and their components: the Javadoc, as plain text. */
final class Javadocs {
    private final Map<String, String> byName = new HashMap<>();

    private Javadocs() {}

    static Javadocs of(Path sources) throws IOException {
        var docs = new Javadocs();
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
                var folder = Files.walk(sources)) {
            List<Path> java = folder.filter(file -> file.toString().endsWith(".java"))
                    .sorted()
                    .toList();
            // Without annotation processors, which would only ask for the class path.
            var options = List.of("-proc:none");
            var task = (JavacTask)
                    compiler.getTask(null, files, null, options, null, files.getJavaFileObjectsFromPaths(java));
            DocTrees trees = DocTrees.instance(task);
            for (CompilationUnitTree unit : task.parse()) {
                docs.new Types(trees).scan(unit, null);
            }
        }
        return docs;
    }

    /** About a type of ours. */
    String of(Class<?> type) {
        return required(type.getSimpleName());
    }

    /** About a component of a record of ours. */
    String of(Class<?> record, String component) {
        return required(record.getSimpleName() + "." + component);
    }

    private String required(String name) {
        String text = byName.get(name);
        if (text == null || text.isEmpty()) {
            throw new IllegalStateException(name + " has no Javadoc, which kubectl explain would show");
        }
        return text;
    }

    /** By simple names: no two types of the package share one. */
    private final class Types extends TreePathScanner<Void, Void> {
        private final DocTrees trees;

        Types(DocTrees trees) {
            this.trees = trees;
        }

        @Override
        public Void visitClass(ClassTree type, Void nothing) {
            DocCommentTree comment = trees.getDocCommentTree(getCurrentPath());
            if (comment != null) {
                String name = type.getSimpleName().toString();
                byName.put(name, plain(comment.getFullBody()));
                for (DocTree tag : comment.getBlockTags()) {
                    if (tag instanceof ParamTree param) {
                        byName.put(name + "." + param.getName(), plain(param.getDescription()));
                    }
                }
            }
            return super.visitClass(type, null);
        }
    }

    private static String plain(List<? extends DocTree> trees) {
        return trees.stream()
                .map(Javadocs::plain)
                .collect(Collectors.joining())
                .replaceAll("\\s+", " ")
                .strip();
    }

    private static String plain(DocTree tree) {
        return switch (tree) {
            case TextTree text -> text.getBody();
            case LiteralTree literal -> literal.getBody().getBody();
            case LinkTree link when !link.getLabel().isEmpty() -> plain(link.getLabel());
            case LinkTree link -> link.getReference().getSignature();
            default -> throw new IllegalStateException("no plain text for " + tree + " in a description");
        };
    }
}
