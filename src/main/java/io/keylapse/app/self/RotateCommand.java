package io.keylapse.app.self;

import io.keylapse.app.self.SelfApi.Answer;
import io.keylapse.key.input.IsoDuration;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * Replaces the key in a file with its successor. If the response is lost, or this program is killed, at any point, it can be run
 * again: the service issues another successor in place of one that nobody has claimed.
 */
@Command(
        name = "rotate",
        description = {
            "Rotate the key in a file, for cron and CI jobs.",
            "The file must contain a key and nothing else. It is replaced atomically and keeps its mode and owner. The old"
                    + " key is accepted for the grace period. After any failure, run it again.",
            "Exit code 0 if the key was rotated or needs no rotation yet; 1 if the service did not answer or the file"
                    + " could not be replaced, and the command should be run again; 2 for invalid arguments; 3 if the"
                    + " service refused to rotate the key."
        },
        mixinStandardHelpOptions = true)
final class RotateCommand implements Callable<Integer> {
    private static final int AGAIN = 1;
    private static final int REFUSED = 3;
    private static final int ATTEMPTS = 3;
    private static final Duration PAUSE = Duration.ofSeconds(1);

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--write", required = true, paramLabel = "FILE", description = "The file with the key.")
    private Path file = Path.of("");

    @Option(names = "--url", paramLabel = "URL", description = "The address of the service. Default: KEYLAPSE_URL.")
    private @Nullable String url;

    @Option(
            names = "--grace",
            converter = Iso.class,
            defaultValue = "P2D",
            paramLabel = "DURATION",
            description = "How long the old key is accepted, at most until its deadline. Choose more than the time"
                    + " between two runs, so that a lost run can be repeated. Default: ${DEFAULT-VALUE}.")
    private Duration grace = Duration.ZERO;

    @Option(
            names = "--ttl",
            converter = Iso.class,
            paramLabel = "DURATION",
            description = "The lifetime of the new key. Default: that of the old one.")
    private @Nullable Duration ttl;

    @Option(
            names = "--if-expires-within",
            converter = Iso.class,
            paramLabel = "DURATION",
            description = "Do nothing if the key expires later than this, or never.")
    private @Nullable Duration within;

    /** Reads durations such as P30D and PT1H. */
    static final class Iso implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            return IsoDuration.parse(text)
                    .orElseThrow(() -> new TypeConversionException("must be a duration such as P30D or PT1H"));
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        try (var service = new SelfApi(address());
                KeyFile opened = KeyFile.open(file)) {
            return rotate(service, opened);
        } catch (IOException e) {
            return say(AGAIN, reason(e));
        }
    }

    private String address() {
        @Nullable String address = url == null ? System.getenv("KEYLAPSE_URL") : url;
        if (address == null || !address.matches("(?i)https?://[^/?#]+[^?#]*")) {
            throw new ParameterException(
                    spec.commandLine(), "--url or KEYLAPSE_URL must be the http or https URL of the service");
        }
        return address.strip();
    }

    private int rotate(SelfApi service, KeyFile opened) throws IOException, InterruptedException {
        if (within != null) {
            Answer shown = ask(() -> service.show(opened.key()));
            if (shown.status() != 200) {
                return refused(shown);
            }
            String expiresAt = shown.text("expiresAt");
            boolean isReplaced = shown.text("successorId") != null;
            if (!isReplaced
                    && (expiresAt == null
                            || Instant.parse(expiresAt).isAfter(Instant.now().plus(within)))) {
                System.out.println(
                        "The key expires " + (expiresAt == null ? "never" : "at " + expiresAt) + ". Nothing to do.");
                return 0;
            }
        }
        Answer rotated = ask(() -> service.rotate(opened.key(), grace, ttl));
        String successor = rotated.text("key");
        if (rotated.status() != 201 || successor == null) {
            return refused(rotated);
        }
        opened.replace(successor);
        confirm(service, successor);
        System.out.println("Rotated. The new key " + rotated.text("hint") + " expires "
                + (rotated.text("expiresAt") == null ? "never" : "at " + rotated.text("expiresAt")) + ".");
        return 0;
    }

    /** Claims the new key, so that the service does not replace it with another one. */
    private static void confirm(SelfApi service, String successor) throws InterruptedException {
        try {
            var _ = ask(() -> service.show(successor));
        } catch (IOException e) {
            var _ = say(0, "the file has the new key, but confirming it to the service failed: " + reason(e));
        }
    }

    private interface Call {
        Answer send() throws IOException, InterruptedException;
    }

    /** Repeats a call whose response was lost or is not final. */
    private static Answer ask(Call call) throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                Answer answer = call.send();
                if (answer.isFinal()) {
                    return answer;
                }
                if (attempt == ATTEMPTS) {
                    throw new IOException("the service answered " + answer.words());
                }
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
            Thread.sleep(PAUSE.multipliedBy(attempt));
        }
    }

    private static int refused(Answer answer) {
        return say(REFUSED, "the service refused: " + answer.words());
    }

    private static int say(int code, String words) {
        System.err.println("keylapse: " + words);
        return code;
    }

    private static String reason(IOException failure) {
        String message = failure.getMessage();
        return failure.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }
}
