package io.keylapse.http.gateway;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpRequest;
import java.util.BitSet;

/**
 * Makes a URI of whatever request target a proxy passes to {@code /check}, before Micronaut sees it.
 *
 * <p>Clients send {@code |}, <code>{}</code> or a lone {@code %}, and forward-auth proxies append that as it is. {@link
 * java.net.URI} cannot read it and Micronaut answers 400, although it says nothing about the key. So what a URI may not
 * hold is percent-encoded here, and the answer is made where all others are.
 */
@Sharable
final class ForwardedTarget extends ChannelInboundHandlerAdapter {
    private static final BitSet ALLOWED = new BitSet();

    static {
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~!$&'()*+,;=:@/?"
                .chars()
                .forEach(ALLOWED::set);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request && isOurs(request.uri())) {
            request.setUri(readable(request.uri()));
        }
        context.fireChannelRead(message);
    }

    /** The target, with each byte encoded that a URI may not hold; Netty has made a character of each byte. */
    static String readable(String target) {
        var uri = new StringBuilder(target.length() + 16);
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (ALLOWED.get(c) || (c == '%' && isEncoded(target, i))) {
                uri.append(c);
            } else {
                uri.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4 & 0xF, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 0xF, 16)));
            }
        }
        return uri.toString();
    }

    private static boolean isOurs(String target) {
        return target.startsWith(CheckEndpoint.PATH)
                && (target.length() == CheckEndpoint.PATH.length()
                        || "/?".indexOf(target.charAt(CheckEndpoint.PATH.length())) >= 0);
    }

    private static boolean isEncoded(String target, int percent) {
        return percent + 2 < target.length()
                && isHexDigit(target.charAt(percent + 1))
                && isHexDigit(target.charAt(percent + 2));
    }

    private static boolean isHexDigit(char c) {
        return c < 0x80 && Character.digit(c, 16) >= 0;
    }
}
