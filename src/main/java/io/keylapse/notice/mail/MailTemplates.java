package io.keylapse.notice.mail;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import com.samskivert.mustache.Template;
import io.keylapse.registry.outbox.NoticeKind;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The templates of mail: the included ones, and those of the configured folder, which come first.
 *
 * <p>A template is {@code <kind>.txt} or {@code <kind>.<language>.txt}, whose first line is the subject, and an {@code
 * .html} file of the same name. Both are Mustache templates with the variables of {@link MailRenderer}. They may include
 * other files by name.
 */
@Singleton
public final class MailTemplates {
    static final String ENGLISH = MailLanguage.EN.tag();
    private static final String TEXT = ".txt";
    private static final String HTML = ".html";
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final @Nullable Path folder;
    /** All templates by file name, loaded at the start. Requested languages come from outside and must not add entries. */
    private final Map<String, Template> templates = new HashMap<>();

    MailTemplates(MailSettings settings) {
        this.folder = folder(settings.templates());
        for (NoticeKind kind : NoticeKind.values()) {
            for (MailLanguage language : MailLanguage.values()) {
                compile(name(kind, language.tag()) + TEXT);
                compile(name(kind, language.tag()) + HTML);
            }
        }
        if (folder != null) {
            compileAll(folder);
        }
    }

    /** A template in both formats. */
    record Pair(String name, Template text, Template html) {}

    private static @Nullable Path folder(@Nullable String setting) {
        if (setting == null || setting.isBlank()) {
            return null;
        }
        try {
            Path folder = Path.of(setting);
            if (Files.isDirectory(folder)) {
                return folder;
            }
        } catch (InvalidPathException _) {
            // Not a folder either.
        }
        throw unusable("must be a folder, but " + setting + " is not one", null);
    }

    /** Compiled at the start, so that a broken template stops the start and not the first mail. */
    private void compileAll(Path of) {
        try (Stream<Path> files = Files.list(of)) {
            files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(TEXT) || name.endsWith(HTML))
                    .forEach(this::compile);
        } catch (IOException e) {
            throw unusable("must be a readable folder: " + e.getMessage(), e);
        }
    }

    /** Renders every template once, which also loads the files that it includes. */
    void tryAll(Map<String, Object> values) {
        templates.forEach((name, template) -> {
            try {
                var _ = template.execute(values);
            } catch (MustacheException e) {
                throw unusable("has a file " + name + " that cannot be rendered: " + e.getMessage(), e);
            }
        });
    }

    /** On one line, because a failed start is reported on one line. */
    private static IllegalArgumentException unusable(String why, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "keylapse.mail.templates (KEYLAPSE_MAIL_TEMPLATES) " + why.replaceAll("\\s+", " "), cause);
    }

    /** The languages that notices of this kind can be written in, as BCP 47 tags in lower case. */
    public Set<String> languages(NoticeKind kind) {
        var languages = new TreeSet<String>();
        for (String file : templates.keySet()) {
            String[] parts = file.split("\\.", -1);
            if (file.endsWith(TEXT) && parts[0].equals(kind.word())) {
                String language = parts.length == 2 ? ENGLISH : parts[1];
                if (pair(kind, language).isPresent()) {
                    languages.add(language);
                }
            }
        }
        return languages;
    }

    /**
     * The language that a notice is written in: the wanted one (pt-BR) or its main language (pt) if there are templates,
     * otherwise English.
     *
     * @param wanted the owner's language, as a BCP 47 tag; null if not known
     */
    public String language(NoticeKind kind, @Nullable String wanted) {
        return candidates(wanted).stream()
                .filter(language -> pair(kind, language).isPresent())
                .findFirst()
                .orElse(ENGLISH);
    }

    private static List<String> candidates(@Nullable String wanted) {
        var languages = new ArrayList<String>();
        if (wanted != null) {
            String tag = wanted.toLowerCase(Locale.ROOT);
            languages.add(tag);
            int end = tag.indexOf('-');
            if (end > 0) {
                languages.add(tag.substring(0, end));
            }
        }
        return languages;
    }

    /** The templates for a kind of notice in exactly this language; empty unless there are both. */
    Optional<Pair> pair(NoticeKind kind, String language) {
        String name = name(kind, language);
        Template text = templates.get(name + TEXT);
        Template html = templates.get(name + HTML);
        return text == null || html == null ? Optional.empty() : Optional.of(new Pair(name, text, html));
    }

    private static String name(NoticeKind kind, String language) {
        return kind.word() + (language.equals(ENGLISH) ? "" : "." + language);
    }

    private void compile(String file) {
        Mustache.Compiler compiler = Mustache.compiler()
                .escapeHTML(file.endsWith(HTML))
                .defaultValue("")
                .nullValue("")
                .withLoader(included -> new StringReader(
                        source(included).orElseThrow(() -> new NoSuchFileException("there is no file " + included))));
        try {
            source(file).ifPresent(source -> templates.put(file, compiler.compile(source)));
        } catch (MustacheException e) {
            throw unusable("has a file " + file + " that is not a Mustache template: " + e.getMessage(), e);
        } catch (CharacterCodingException e) {
            throw unusable("has a file " + file + " that is not UTF-8", e);
        } catch (IOException e) {
            throw unusable("has a file " + file + " that cannot be read: " + e.getMessage(), e);
        }
    }

    private Optional<String> source(String file) throws IOException {
        Path own = folder == null ? null : folder.resolve(file);
        if (own != null && Files.exists(own, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.of(text(Files.readAllBytes(own)));
        }
        try (InputStream included = MailTemplates.class.getResourceAsStream("/mail/" + file)) {
            return included == null ? Optional.empty() : Optional.of(text(included.readAllBytes()));
        }
    }

    /** Removes the byte order mark and the CR LF line ends that some editors write. */
    private static String text(byte[] bytes) throws CharacterCodingException {
        String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        return (text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text).replaceAll("\r\n?", "\n");
    }
}
