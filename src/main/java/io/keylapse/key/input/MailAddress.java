package io.keylapse.key.input;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.IDN;
import java.text.Normalizer;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Mail address in the form that is sent to the mail server. This is the only place that validates addresses. They are
 * validated when they are stored, and again when mail is sent, because older versions accepted more.
 *
 * @param localPart part before the {@code @}: a dot-string (RFC 5321, section 4.1.2), also with characters beyond ASCII (RFC
 *     6531) where the server offers SMTPUTF8; at most 64 bytes of UTF-8
 * @param domain part after the {@code @}, in ASCII: labels of letters, digits and hyphens, or A-labels (RFC 5890)
 */
public record MailAddress(String localPart, String domain) {
    private static final int MAX_BYTES = 254;
    private static final int MAX_LOCAL_BYTES = 64;
    private static final int MAX_DOMAIN_BYTES = 253;
    private static final int MAX_LABEL_BYTES = 63;
    private static final int ASCII_END = 0x80;

    private static final String ATEXT = "!#$%&'*+-/=?^_`{|}~";
    private static final Pattern LDH = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?");
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");
    private static final String ACE_PREFIX = "xn--";
    private static final String RESERVED = "(?s)..--.*";

    /** Valid only in context (RFC 5892, section 2.6 and appendix A): middle dots, signs, joiners. Accepted in A-labels. */
    private static final String CONTEXTUAL = "\u00B7\u0375\u05F3\u05F4\u06FD\u06FE\u0F0B\u30FB\u200C\u200D";

    /** Result of validation. */
    public sealed interface Judgement {
        /** The address is valid. */
        record Usable(MailAddress address) implements Judgement {}

        /**
         * The address is invalid.
         *
         * @param complaint what is wrong: a predicate that follows the name of the field
         */
        record Unusable(String complaint) implements Judgement {}
    }

    /**
     * Validates an address. Only one plain address is accepted. Its domain is converted by IDNA if all versions of IDNA
     * convert it in the same way; other domains (such as with {@code ß}) have to be given in ASCII ({@code xn--...}). Quoted
     * local parts, comments, display names and address literals are refused.
     */
    public static Judgement judge(String text) {
        Optional<String> complaint = PlainText.complaintAboutOwner(text, MAX_BYTES);
        if (complaint.isPresent()) {
            return new Judgement.Unusable(complaint.get());
        }
        int at = text.indexOf('@');
        if (at < 0 || at != text.lastIndexOf('@')) {
            return new Judgement.Unusable("must be one mail address such as ops@example.com");
        }
        String local = text.substring(0, at);
        var labels = new ArrayList<String>();
        complaint = complaintAboutLocalPart(local).or(() -> convert(text.substring(at + 1), labels));
        if (complaint.isPresent()) {
            return new Judgement.Unusable(complaint.get());
        }
        var address = new MailAddress(local, String.join(".", labels));
        return address.toString().getBytes(UTF_8).length > MAX_BYTES
                ? new Judgement.Unusable("must be at most " + MAX_BYTES + " bytes")
                : new Judgement.Usable(address);
    }

    /** Whether mail to this address needs a server that offers SMTPUTF8. */
    public boolean needsSmtpUtf8() {
        return !isAscii(localPart);
    }

    /** The address as it is sent to the mail server. */
    @Override
    public String toString() {
        return localPart + "@" + domain;
    }

    private static Optional<String> complaintAboutLocalPart(String local) {
        if (local.isEmpty() || local.startsWith(".") || local.endsWith(".") || local.contains("..")) {
            return Optional.of("must have text without leading, trailing or double dots before the @");
        }
        if (local.getBytes(UTF_8).length > MAX_LOCAL_BYTES) {
            return Optional.of("must have at most " + MAX_LOCAL_BYTES + " bytes before the @");
        }
        if (!Normalizer.isNormalized(local, Form.NFKC)) {
            return Optional.of(
                    "must not have compatibility characters before the @ (it must be in Unicode's form NFKC)");
        }
        return local.codePoints()
                .filter(c -> c != '.' && !isAtext(c))
                .mapToObj(c -> "must be one plain address such as ops@example.com, but has "
                        + (c < ASCII_END ? "'" + (char) c + "'" : PlainText.codePoint(c)) + " before the @")
                .findFirst();
    }

    /** {@code atext} of RFC 5322, section 3.2.3, and all visible characters beyond ASCII. */
    private static boolean isAtext(int c) {
        if (c < ASCII_END) {
            return Character.isLetterOrDigit(c) || ATEXT.indexOf(c) >= 0;
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.SPACE_SEPARATOR,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    /** Converts a domain to ASCII labels. Returns a complaint if a label is invalid. */
    private static Optional<String> convert(String domain, List<String> labels) {
        for (String label : domain.split("\\.", -1)) {
            Optional<String> ascii = isAscii(label) ? ascii(label) : aLabel(label);
            if (ascii.isEmpty()) {
                return Optional.of(
                        isAscii(label)
                                ? "must have a valid domain name after the @, but has " + PlainText.quoted(label)
                                : "must have a domain name after the @ that IDNA converts in only one way, but has "
                                        + PlainText.quoted(label) + "; if it exists, give its ASCII form (xn--...)");
            }
            labels.add(ascii.get());
        }
        if (NUMBER.matcher(labels.getLast()).matches()) {
            return Optional.of("must have a domain name after the @, not an IP address");
        }
        return String.join(".", labels).length() > MAX_DOMAIN_BYTES
                ? Optional.of("must have a domain name of at most " + MAX_DOMAIN_BYTES + " bytes after the @")
                : Optional.empty();
    }

    private static Optional<String> ascii(String label) {
        if (!LDH.matcher(label).matches() || label.length() > MAX_LABEL_BYTES) {
            return Optional.empty();
        }
        String small = label.toLowerCase(Locale.ROOT);
        boolean valid = small.startsWith(ACE_PREFIX)
                ? Punycode.decode(small.substring(ACE_PREFIX.length()))
                        .filter(decoded -> !isAscii(decoded) && isULabel(decoded, CONTEXTUAL))
                        .isPresent()
                : !small.matches(RESERVED);
        return valid ? Optional.of(label) : Optional.empty();
    }

    /**
     * Converts a label with the JDK's IDNA2003. The result is used only if it is reversible, because then IDNA2008 and UTS
     * 46 agree with it. {@code ß} would become {@code ss}, which is another domain.
     */
    private static Optional<String> aLabel(String label) {
        String normal = Normalizer.normalize(label.toLowerCase(Locale.ROOT), Form.NFC);
        if (!isULabel(normal, "")) {
            return Optional.empty();
        }
        try {
            String ascii = IDN.toASCII(normal, IDN.USE_STD3_ASCII_RULES);
            return IDN.toUnicode(ascii, IDN.USE_STD3_ASCII_RULES).equals(normal)
                    ? Optional.of(ascii)
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Lower-case letters, digits, inner hyphens, and combining marks except the first (RFC 5891, section 4.2.3). */
    private static boolean isULabel(String label, String alsoAllowed) {
        return label.equals(Normalizer.normalize(label.toLowerCase(Locale.ROOT), Form.NFKC))
                && !label.startsWith("-")
                && !label.endsWith("-")
                && !label.matches(RESERVED)
                && !isMark(label.codePointAt(0))
                && label.codePoints()
                        .allMatch(c -> c == '-'
                                || Character.isLetter(c)
                                || Character.isDigit(c)
                                || isMark(c)
                                || alsoAllowed.indexOf(c) >= 0);
    }

    private static boolean isMark(int c) {
        int type = Character.getType(c);
        return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK;
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < ASCII_END);
    }
}
