package io.keylapse.notice;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.keylapse.harness.CloseAfterTests;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A mail server on loopback that sends scripted replies, and stores the bytes that it received. */
final class ScriptedSmtp {
    private final ServerSocket listener;
    private final Map<String, String> replies = new ConcurrentHashMap<>();
    private final List<Dialogue> dialogues = new CopyOnWriteArrayList<>();
    private volatile boolean offersSmtpUtf8;

    ScriptedSmtp() {
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        CloseAfterTests.register(listener);
        Thread.ofVirtual().start(this::listen);
    }

    /** The data of one connection, one character per byte. */
    record Dialogue(List<String> commands, ByteArrayOutputStream content) {
        boolean has(String command) {
            return commands.stream().anyMatch(each -> each.equals(command));
        }

        /** The last recipient. */
        String recipient() {
            return commands.stream()
                    .filter(each -> each.startsWith("RCPT TO:<"))
                    .reduce("", (_, last) -> last.substring("RCPT TO:<".length(), last.length() - 1));
        }

        /** The headers as received. */
        String head() {
            String all = content.toString(ISO_8859_1);
            return all.substring(0, Math.max(0, all.indexOf("\r\n\r\n")));
        }
    }

    int port() {
        return listener.getLocalPort();
    }

    void offerSmtpUtf8(boolean offered) {
        offersSmtpUtf8 = offered;
    }

    /**
     * Sets a reply other than success.
     *
     * @param to the beginning of a command, {@code GREETING}, or {@code ". "} with the beginning of the recipient for
     *     the end of a message
     * @param reply an SMTP reply, or {@code hang up}
     */
    void reply(String to, String reply) {
        replies.put(to, reply);
    }

    void sayYes() {
        replies.clear();
    }

    List<Dialogue> dialogues() {
        return dialogues;
    }

    /** The dialogues that named this recipient. */
    List<Dialogue> to(String address) {
        return dialogues.stream()
                .filter(each -> each.has("RCPT TO:<" + address + ">"))
                .toList();
    }

    private void listen() {
        try {
            while (true) {
                Socket socket = listener.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException e) {
            // The server was closed.
        }
    }

    private void serve(Socket socket) {
        var dialogue = new Dialogue(new CopyOnWriteArrayList<>(), new ByteArrayOutputStream());
        dialogues.add(dialogue);
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            say(out, answer("GREETING", "220 scripted"));
            for (String command = line(in); command != null; command = line(in)) {
                dialogue.commands().add(command);
                String reply = answer(command, usual(command));
                say(out, reply);
                if (reply.startsWith("354")) {
                    for (String each = line(in); each != null && !each.equals("."); each = line(in)) {
                        dialogue.content().writeBytes((each + "\r\n").getBytes(ISO_8859_1));
                    }
                    say(out, answer(". " + dialogue.recipient(), "250 2.0.0 queued as 4711"));
                }
            }
        } catch (IOException e) {
            // The client has disconnected, or is to be disconnected.
        }
    }

    private String usual(String command) {
        return switch (command.toUpperCase(Locale.ROOT).split("[ :]", 2)[0]) {
            case "EHLO" -> offersSmtpUtf8 ? "250-scripted\r\n250-8BITMIME\r\n250 SMTPUTF8" : "250 scripted";
            case "DATA" -> "354 go on";
            case "QUIT" -> "221 bye";
            default -> "250 ok";
        };
    }

    private String answer(String command, String usual) {
        return replies.entrySet().stream()
                .filter(each -> command.startsWith(each.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(usual);
    }

    private static void say(OutputStream out, String reply) throws IOException {
        if (reply.equals("hang up")) {
            throw new IOException(reply);
        }
        out.write((reply + "\r\n").getBytes(ISO_8859_1));
        out.flush();
    }

    private static @Nullable String line(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int each = in.read(); each >= 0; each = in.read()) {
            if (each == '\n') {
                String text = line.toString(ISO_8859_1);
                return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
            }
            line.write(each);
        }
        return null;
    }
}
