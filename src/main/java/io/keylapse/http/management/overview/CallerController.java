package io.keylapse.http.management.overview;

import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.audience.ForAnyRole;
import io.keylapse.security.Caller;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The caller's name, role and permissions. The console uses them to offer only what the caller may do. */
@Controller("/v1/me")
final class CallerController {
    record CallerJson(String id, String name, String role, List<String> permissions) {}

    @Get
    @ForAnyRole
    CallerJson me(HttpRequest<?> request) {
        Caller caller = ManagementGate.callerOf(request);
        return new CallerJson(
                caller.id().toString(),
                caller.name(),
                caller.role().word(),
                Stream.of(Permission.values())
                        .filter(caller.role()::may)
                        .map(permission -> permission.name().toLowerCase(Locale.ROOT))
                        .toList());
    }
}
