package io.keylapse.app.settings;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.micronaut.context.env.Environment;
import io.micronaut.context.env.PropertySource;
import io.micronaut.context.exceptions.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads secrets from files, as container platforms provide them: {@code KEYLAPSE_ADMIN_KEY_FILE} names the file that
 * holds {@code KEYLAPSE_ADMIN_KEY}. Every setting in {@link KnownSettings#SECRETS} can be given this way.
 */
public final class SecretFiles {
    /** The suffix of the setting that names a secret's file. */
    static final String SUFFIX = "-file";

    private static final int MAX_BYTES = 64 * 1024;

    private SecretFiles() {}

    /**
     * Reads the secrets whose files are set, and adds them to the environment.
     *
     * @param overridden settings whose files are not read, because the program sets them itself
     * @throws ConfigurationException if a file cannot be used or the secret is also set directly; one line that names
     *     the setting, and may name the path but never the content
     */
    public static void read(Environment environment, Set<String> overridden) {
        Map<String, Object> secrets = new LinkedHashMap<>();
        KnownSettings.SECRETS.stream()
                .filter(setting -> !overridden.contains(setting))
                .forEach(setting -> KnownSettings.text(environment, setting + SUFFIX)
                        .ifPresent(path -> secrets.put(setting, secret(environment, setting, path))));
        if (!secrets.isEmpty()) {
            environment.addPropertySource(PropertySource.of("files of secrets", secrets));
        }
    }

    private static Object secret(Environment environment, String setting, String path) {
        String variable = KnownSettings.variable(setting + SUFFIX);
        if (!KnownSettings.texts(environment, setting).isEmpty()) {
            throw new ConfigurationException(
                    KnownSettings.variable(setting) + " and " + variable + " are both set; unset one of them");
        }
        SettingText.complaint(path).ifPresent(complaint -> {
            throw new ConfigurationException(variable + " " + complaint);
        });
        String named = variable + " names " + path + ", which ";
        String content = content(path, named);
        List<String> items = KnownSettings.isList(KnownSettings.variable(setting))
                ? SettingText.items(content)
                : SettingText.given(content).stream().toList();
        if (items.isEmpty()) {
            throw new ConfigurationException(named + "is empty");
        }
        items.forEach(item -> SettingText.complaint(item).ifPresent(complaint -> {
            throw new ConfigurationException(named + complaint);
        }));
        List<String> literal = items.stream().map(SecretFiles::literal).toList();
        return KnownSettings.isList(KnownSettings.variable(setting)) ? literal : literal.getFirst();
    }

    private static String content(String path, String named) {
        try {
            Path file = Path.of(path);
            // Reading a pipe or a device might never end. A symbolic link is followed: Kubernetes mounts secrets as
            // links.
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw new ConfigurationException(named + "is not a regular file");
            }
            try (InputStream in = Files.newInputStream(file)) {
                byte[] bytes = in.readNBytes(MAX_BYTES + 1);
                if (bytes.length > MAX_BYTES) {
                    throw new ConfigurationException(named + "is larger than 64 KiB");
                }
                return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            }
        } catch (NoSuchFileException | InvalidPathException e) {
            throw new ConfigurationException(named + "does not exist");
        } catch (AccessDeniedException e) {
            throw new ConfigurationException(named + "may not be read by user " + System.getProperty("user.name"));
        } catch (CharacterCodingException e) {
            throw new ConfigurationException(named + "is not UTF-8 text");
        } catch (IOException e) {
            throw new ConfigurationException(
                    named + "cannot be read (" + e.getClass().getSimpleName() + ")");
        }
    }

    /** Escapes <code>${</code>, so that Micronaut does not replace parts of a secret. */
    private static String literal(String text) {
        return text.replace("${", "${keylapse.literal:$}{");
    }
}
