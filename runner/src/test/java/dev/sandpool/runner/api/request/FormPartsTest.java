package dev.sandpool.runner.api.request;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.runner.run.BadInputException;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FormPartsTest {
    private static final String TYPE = "multipart/form-data; boundary=xyz";

    private static InputStream by(int pieceBytes, String body) {
        return new FilterInputStream(new ByteArrayInputStream(body.getBytes(ISO_8859_1))) {
            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return super.read(into, offset, Math.min(length, pieceBytes));
            }
        };
    }

    private static String part(String disposition, String content) {
        return "--xyz\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
    }

    private static List<String> read(FormParts parts) throws IOException {
        var seen = new ArrayList<String>();
        for (FormPart part = parts.next(); part != null; part = parts.next()) {
            seen.add(part.name() + "," + part.fileName() + ","
                    + new String(part.content().readAllBytes(), ISO_8859_1));
        }
        return seen;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 100_000})
    void partsComeWholeHoweverTheBytesCome(int pieceBytes) throws Exception {
        String big = "\r\n--xy\r\r\n--xy\n".repeat(5000);
        String body = "preamble\r\n" + part("name=a", "") + part("name=\"b\"; filename=\"c \\\" \\\\ \\d\"", big)
                + part("name=\"e\"", "\r\n") + "--xyz--\r\nepilogue";

        assertThat(read(new FormParts(by(pieceBytes, body), TYPE)))
                .containsExactly("a,null,", "b,c \" \\ \\d," + big, "e,null,\r\n");
    }

    @Test
    void whatIsNotReadOfAPartIsSkipped() throws Exception {
        var parts = new FormParts(
                by(5, part("name=a", "x".repeat(100_000)) + part("name=b", "y") + "--xyz--"),
                "Multipart/Form-Data;BOUNDARY=\"xyz\"; a=b");

        assertThat(parts.next()).isNotNull();
        FormPart second = Objects.requireNonNull(parts.next());
        assertThat(second.name()).isEqualTo("b");
        assertThat(parts.next()).isNull();
        assertThat(parts.next()).isNull();
    }

    @Test
    void bytesThatCannotBeginABoundaryAreToldAtOnce() throws Exception {
        var body =
                new ByteArrayInputStream(part("name=a", "typed").stripTrailing().getBytes(ISO_8859_1));
        var parts = new FormParts(body, TYPE);
        FormPart part = Objects.requireNonNull(parts.next());

        byte[] into = new byte[100];
        assertThat(part.content().read(into)).isEqualTo(5);
        assertThatThrownBy(() -> part.content().read(into))
                .isInstanceOf(BadInputException.class)
                .hasMessage("the form ends before its closing boundary, after the part a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--xyzz\r\n", "--xyz\n", "--xyz\rz\r\n", "--xyz-\r\n", "--xyz;\r\n"})
    void aLineThatGoesOnAfterTheBoundaryIsContent(String line) throws Exception {
        for (int pieceBytes : new int[] {1, 3, 100_000}) {
            String body = part("name=a", "c\r\n" + line + "x") + "--xyz \t\r\n"
                    + part("name=b", "y").substring(7) + "--xyz--";

            assertThat(read(new FormParts(by(pieceBytes, body), TYPE)))
                    .containsExactly("a,null,c\r\n" + line + "x", "b,null,y");
        }
    }

    @ParameterizedTest
    @CsvSource({"flag; name=a", "name=a; flag", "filename; name=a", "name=a; filename;", "name=a; filename  ;x=y"})
    void aParameterWithoutAValueTakesNothingFromTheNext(String disposition) throws Exception {
        assertThat(read(new FormParts(by(9, part(disposition, "x") + "--xyz--"), TYPE)))
                .containsExactly("a,null,x");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "name=\"a\";filename*=x | the part a has a filename*: a form's file names are UTF-8, in filename",
                "filename=\"x\" | a part has no name: it needs Content-Disposition: form-data; name=\"...\"",
                "name=a; name=b | a part has two of name in its Content-Disposition",
                "name=\"a | a part has a malformed Content-Disposition",
                "name=\"a\"b; filename=c | a part has a malformed Content-Disposition",
                "name=a; filename=\u00ff | the headers of a part are not UTF-8"
            })
    void aPartWhoseNameIsNotClearIsRefused(String disposition, String detail) {
        refuses(part(disposition, "x") + "--xyz--\r\n", detail);
    }

    @Test
    void whatIsNoFormIsRefused() {
        refuses("", "the form ends before its closing boundary, before the first part");
        refuses("no form at all", "the form ends before its closing boundary, before the first part");
        refuses("--xyz\r\n", "the form ends before its closing boundary, before the first part");
        refuses(part("name=a", "x"), "the form ends before its closing boundary, after the part a");
        refuses(
                part("name=a", "x") + "--xyz z\r\n",
                "the boundary after the part a is followed by neither a line end nor two hyphens");
        refuses(part("name=a", "x") + "--xyzz\r\n", "the form ends before its closing boundary, after the part a");
        refuses("--xyz\r\nX\r\n\r\n", "a part has a line among its headers that is none");
        refuses(
                "--xyz\r\nX: y\n\r\n\r\n",
                "the headers before the first part have a line feed without a carriage return");
        refuses("--xyz\r\nX: " + "y".repeat(5000), "the headers before the first part are larger than 4096 bytes");
        refuses(
                "--xyz\r\nContent-Disposition: form-data; name=a\r\nContent-Type: Multipart/mixed; boundary=q\r\n\r\n",
                "the part a is a form itself: each file is a part of its own");
        refuses(
                "--xyz\r\nContent-Disposition: form-data; name=a\r\ncontent-disposition: form-data; name=b\r\n\r\n",
                "a part has two headers content-disposition");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\""})
    void aFormNeedsABoundary(String type) {
        assertThatThrownBy(() -> new FormParts(by(1, ""), type))
                .hasMessage("the Content-Type of a form must have a boundary of 1 to 70 characters");
    }

    private static void refuses(String body, String detail) {
        assertThatThrownBy(() -> read(new FormParts(by(1, body), TYPE)))
                .isInstanceOf(BadInputException.class)
                .hasMessage(detail);
    }
}
