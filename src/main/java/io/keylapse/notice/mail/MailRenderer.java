package io.keylapse.notice.mail;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import com.samskivert.mustache.Template;
import io.keylapse.key.RenewUrl;
import io.keylapse.notice.Notice;
import io.keylapse.registry.outbox.NoticeKind;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Renders notices as mail from templates in text and HTML, in the owner's language if there is a template for it, otherwise
 * in English. Remaining times are calculated when the mail is sent.
 *
 * <p>A template is {@code <kind>.txt} or {@code <kind>.<language>.txt}, whose first line is the subject, and an {@code
 * .html} file of the same name. Both are Mustache templates with the variables of {@link #values}.
 */
@Singleton
final class MailRenderer {
    private static final String ENGLISH = "en";
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final @Nullable Path folder;
    private final RenewUrl renewUrl;
    /** All templates by file name, loaded at the start. Requested languages come from outside and must not add entries. */
    private final Map<String, Template> templates = new HashMap<>();

    MailRenderer(MailSettings settings, RenewUrl renewUrl) {
        this.folder = folder(settings.templates());
        this.renewUrl = renewUrl;
        for (NoticeKind kind : NoticeKind.values()) {
            compile(kind.word() + ".txt");
            compile(kind.word() + ".html");
        }
        if (folder != null) {
            compileAll(folder);
        }
    }

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
                    .filter(name -> name.endsWith(".txt") || name.endsWith(".html"))
                    .forEach(this::compile);
        } catch (IOException e) {
            throw unusable("must be a readable folder: " + e.getMessage(), e);
        }
    }

    /** On one line, because a failed start is reported on one line. */
    private static IllegalArgumentException unusable(String why, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "keylapse.mail.templates (KEYLAPSE_MAIL_TEMPLATES) " + why.replaceAll("\\s+", " "), cause);
    }

    /** @param link a link with which the owner renews the key, if there is one; it takes the place of the renewal page */
    RenderedMail write(Notice notice, Optional<String> link, Instant now) {
        for (String language : languages(notice.language())) {
            String name = notice.kind().word() + (language.equals(ENGLISH) ? "" : "." + language);
            Optional<Template> text = template(name + ".txt");
            Optional<Template> html = template(name + ".html");
            if (text.isPresent() && html.isPresent()) {
                Map<String, Object> values = values(notice, language, link, now);
                String[] parts = text.get().execute(values).split("\n", 2);
                String subject = parts[0].strip();
                if (subject.isEmpty()) {
                    throw new IllegalStateException(
                            "the template " + name + ".txt has an empty first line, which is the subject");
                }
                return new RenderedMail(
                        language,
                        subject,
                        parts.length > 1 ? parts[1].stripLeading() : "",
                        html.get().execute(values));
            }
        }
        throw new IllegalStateException("no template for " + notice.kind());
    }

    /** The languages to try, most specific first: pt-BR, pt, en. */
    private static List<String> languages(@Nullable String wanted) {
        var languages = new ArrayList<String>();
        if (wanted != null) {
            String tag = wanted.toLowerCase(Locale.ROOT);
            languages.add(tag);
            int end = tag.indexOf('-');
            if (end > 0) {
                languages.add(tag.substring(0, end));
            }
        }
        languages.add(ENGLISH);
        return languages;
    }

    private Map<String, Object> values(Notice notice, String language, Optional<String> link, Instant now) {
        DateTimeFormatter dates = DateTimeFormatter.ofLocalizedDateTime(FormatStyle.LONG, FormatStyle.SHORT)
                .withLocale(Locale.forLanguageTag(language))
                .withZone(ZoneOffset.UTC);
        var values = new HashMap<String, Object>();
        values.put("keyId", notice.keyId().toString());
        values.put("owner", notice.owner());
        values.put("name", notice.name().isEmpty() ? notice.hint() : notice.name());
        values.put("hint", notice.hint());
        values.put("at", dates.format(notice.dueAt()) + " UTC");
        values.put("late", notice.isLateAt(now));
        Instant expiresAt = notice.expiresAt();
        if (expiresAt != null) {
            values.put("expiresAt", dates.format(expiresAt) + " UTC");
            values.put("left", left(Duration.between(now, expiresAt)));
            values.put("daysLeft", Math.max(0, Duration.between(now, expiresAt).toDays()));
        }
        if (notice.successorId() != null) {
            values.put("successorId", notice.successorId().toString());
        }
        if (notice.detail() != null) {
            values.put("detail", notice.detail());
        }
        link.or(() -> renewUrl.of(notice.keyId(), notice.owner())).ifPresent(url -> values.put("renewUrl", url));
        return values;
    }

    private static String left(Duration left) {
        if (left.isNegative()) {
            return "no time";
        }
        long days = left.toDays();
        long hours = left.toHours();
        long minutes = Math.max(1, left.toMinutes());
        if (days >= 2) {
            return days + " days";
        }
        if (hours >= 2) {
            return hours + " hours";
        }
        return minutes == 1 ? "1 minute" : minutes + " minutes";
    }

    private void compile(String file) {
        read(file).ifPresent(template -> templates.put(file, template));
    }

    private Optional<Template> template(String file) {
        return Optional.ofNullable(templates.get(file));
    }

    private Optional<Template> read(String file) {
        Mustache.Compiler compiler = Mustache.compiler()
                .escapeHTML(file.endsWith(".html"))
                .defaultValue("")
                .nullValue("");
        try {
            Path own = folder == null ? null : folder.resolve(file);
            if (own != null && Files.exists(own, LinkOption.NOFOLLOW_LINKS)) {
                return Optional.of(compiler.compile(text(Files.readAllBytes(own))));
            }
            try (InputStream included = MailRenderer.class.getResourceAsStream("/mail/" + file)) {
                return included == null
                        ? Optional.empty()
                        : Optional.of(compiler.compile(text(included.readAllBytes())));
            }
        } catch (MustacheException e) {
            throw unusable("has a file " + file + " that is not a Mustache template: " + e.getMessage(), e);
        } catch (CharacterCodingException e) {
            throw unusable("has a file " + file + " that is not UTF-8", e);
        } catch (IOException e) {
            throw unusable("has a file " + file + " that cannot be read: " + e.getMessage(), e);
        }
    }

    /** Removes the byte order mark and the CR LF line ends that some editors write. */
    private static String text(byte[] bytes) throws CharacterCodingException {
        String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        return (text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text).replaceAll("\r\n?", "\n");
    }
}
