package io.keylapse.http.access;

import io.micronaut.context.annotation.Requires;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;

/** A controller that does not declare who may use it. */
@Requires(property = SilentController.SETTING)
@Controller
final class SilentController {
    static final String SETTING = "test.silent-routes";

    @Get("/silent")
    String outside() {
        return "reached";
    }

    @Post("/v1/silent/{id}")
    String inside(String id) {
        return "reached " + id;
    }
}
