package io.keylapse.registry.migration;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.postgresql.PGProperty;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A data source whose connections have a URL without the parameters that have their default values. Flyway looks for
 * passwords in the URL of each connection, in a time that grows with the square of its length: 0.3 s at a start for the
 * 1,500 characters that the driver's data source makes.
 */
final class ShortUrlDataSource extends PGSimpleDataSource {
    private static final long serialVersionUID = 1;

    @Override
    public String getUrl() {
        String url = super.getUrl();
        int query = url.indexOf('?');
        return query < 0
                ? url
                : url.substring(0, query)
                        + Arrays.stream(url.substring(query + 1).split("&"))
                                .filter(parameter -> !isDefault(parameter))
                                .collect(Collectors.joining("&", "?", ""));
    }

    private static boolean isDefault(String parameter) {
        String[] parts = parameter.split("=", 2);
        PGProperty property = PGProperty.forName(parts[0]);
        if (property == null || parts.length < 2) {
            return false;
        }
        String value = URLDecoder.decode(parts[1], StandardCharsets.UTF_8);
        return value.equals(property.getDefaultValue()) || value.isEmpty();
    }
}
