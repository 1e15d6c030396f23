package io.keylapse.harness;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.Yaml;

/**
 * Validator of responses against {@code openapi.yaml}. It is stricter than the document: an object may have no other fields
 * than the described ones. Clients must ignore unknown fields, so that later versions can add some, but a field that this
 * version sends is described.
 */
final class ApiContract {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final SchemaValidatorsConfig SETTINGS = SchemaValidatorsConfig.builder()
            .formatAssertionsEnabled(true)
            .locale(Locale.ROOT)
            .build();

    /** The formats that are checked. The library's rules for others, such as mail addresses, differ from the service's. */
    private static final Set<String> FORMATS = Set.of("date-time");

    /** Paths that the document omits: pages for browsers, the document itself, and the health endpoint for operators. */
    private static final Pattern OMITTED =
            Pattern.compile("/?|/favicon\\.ico|/openapi\\.yaml|/(console|my-key|api-docs|health)(/.*)?");

    private static final ApiContract OF_SERVICE = new ApiContract(document());

    private final JsonNode document;
    private final List<PathItem> paths;
    private final JsonNode problem;
    /** By the media type object in the document. Each is compiled when a response needs it. */
    private final Map<JsonNode, JsonSchema> schemas = new ConcurrentHashMap<>();

    private record PathItem(Pattern path, JsonNode operations) {}

    private ApiContract(JsonNode document) {
        this.document = document;
        this.paths = document.path("paths").properties().stream()
                // A path without variables has precedence.
                .sorted(Comparator.comparing(item -> item.getKey().contains("{")))
                .map(item ->
                        new PathItem(Pattern.compile(item.getKey().replaceAll("\\{\\w+}", "[^/]+")), item.getValue()))
                .toList();
        this.problem = document.at("/components/responses/Problem");
    }

    /** The contract of the service under test. */
    static ApiContract ofService() {
        return OF_SERVICE;
    }

    private static JsonNode document() {
        try (InputStream yaml =
                Objects.requireNonNull(ApiContract.class.getResourceAsStream("/api/openapi.yaml"), "openapi.yaml")) {
            Object document = new Yaml().load(yaml);
            return JSON.valueToTree(document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Checks a response: its call is described, with this status and this media type, and the body matches the schema.
     *
     * @param path the raw path, without the query
     * @param contentType null if the response has none
     * @throws AssertionError if the response is not as described
     */
    void check(String method, String path, int status, String contentType, byte[] body) {
        complaint(method, path, status, contentType, body).ifPresent(complaint -> {
            throw new AssertionError("openapi.yaml does not describe the response to %s %s, %d %s: %s%n%s"
                    .formatted(method, path, status, contentType, complaint, new String(body, UTF_8)));
        });
    }

    private Optional<String> complaint(String method, String path, int status, String contentType, byte[] body) {
        Optional<JsonNode> operation = operation(method, path);
        if (operation.isEmpty() && OMITTED.matcher(path).matches()) {
            return Optional.empty();
        }
        // A call that is not described is refused.
        Optional<JsonNode> response = operation
                .map(described -> response(described, status))
                .orElseGet(() -> status >= 400 ? Optional.of(problem) : Optional.empty());
        if (response.isEmpty()) {
            return Optional.of(operation.isEmpty() ? "there is no such call" : "the status is not listed");
        }
        return complaint(resolved(response.get()).path("content"), method.equals("HEAD"), contentType, body);
    }

    private Optional<String> complaint(JsonNode content, boolean isHead, String contentType, byte[] body) {
        if (body.length == 0 && (isHead || content.isEmpty())) {
            return Optional.empty();
        }
        if (content.isEmpty()) {
            return Optional.of("the response has no body");
        }
        String mediaType = contentType == null
                ? ""
                : contentType.replaceFirst(";.*", "").strip().toLowerCase(Locale.ROOT);
        JsonNode described = content.get(mediaType);
        if (described == null) {
            return Optional.of("the media type is not listed");
        }
        return mediaType.matches("application/(.+\\+)?json") ? complaint(described, body) : Optional.empty();
    }

    private Optional<String> complaint(JsonNode mediaType, byte[] body) {
        if (body.length == 0) {
            return Optional.of("the body is missing");
        }
        JsonSchema schema = schemas.computeIfAbsent(mediaType, this::compiled);
        try {
            Set<ValidationMessage> complaints = schema.validate(JSON.readTree(body));
            return complaints.isEmpty()
                    ? Optional.empty()
                    : Optional.of(complaints.stream()
                            .map(ValidationMessage::getMessage)
                            .collect(joining("; ")));
        } catch (JsonProcessingException e) {
            return Optional.of("the body is not JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Optional<JsonNode> operation(String method, String rawPath) {
        String path = rawPath.replaceAll("(?i)%3A", ":").replaceAll("/+", "/").replaceFirst("(?<=.)/$", "");
        if (path.equals("/check") || path.startsWith("/check/")) {
            return Optional.of(document.at("/paths/~1check/get"));
        }
        String name = method.equals("HEAD") ? "get" : method.toLowerCase(Locale.ROOT);
        return paths.stream()
                .filter(item -> item.path.matcher(path).matches())
                .map(item -> item.operations.path(name))
                .filter(JsonNode::isObject)
                .findFirst();
    }

    /** What an operation describes for a status. Only errors may be described as {@code default}. */
    private static Optional<JsonNode> response(JsonNode operation, int status) {
        JsonNode responses = operation.path("responses");
        return Optional.ofNullable(responses.get(Integer.toString(status)))
                .or(() -> status >= 400 ? Optional.ofNullable(responses.get("default")) : Optional.empty());
    }

    private JsonSchema compiled(JsonNode mediaType) {
        return JsonSchemaFactory.getInstance(VersionFlag.V202012)
                .getSchema(closed(mediaType.path("schema"), false), SETTINGS);
    }

    /**
     * A copy of a schema in which objects are closed and references are replaced by what they refer to. A schema may be used
     * alone, where it is closed, and also as a part of another, where it must stay open.
     *
     * @param isPart whether it describes an object together with other schemas
     */
    private JsonNode closed(JsonNode schema, boolean isPart) {
        if (!(resolved(schema) instanceof ObjectNode original)) {
            return schema;
        }
        ObjectNode copy = original.deepCopy();
        if (!FORMATS.contains(copy.path("format").asText())) {
            copy.remove("format");
        }
        for (String keyword : List.of("allOf", "anyOf", "oneOf")) {
            if (original.get(keyword) instanceof ArrayNode parts) {
                ArrayNode copies = copy.putArray(keyword);
                parts.forEach(each -> copies.add(closed(each, isPart || keyword.equals("allOf"))));
            }
        }
        if (original.get("properties") instanceof ObjectNode properties) {
            ObjectNode copies = copy.putObject("properties");
            properties.properties().forEach(each -> copies.set(each.getKey(), closed(each.getValue(), false)));
        }
        if (original.get("items") instanceof ObjectNode items) {
            copy.set("items", closed(items, false));
        }
        if (!isPart && original.has("allOf")) {
            copy.put("unevaluatedProperties", false);
        } else if (!isPart && original.has("properties")) {
            copy.put("additionalProperties", false);
        }
        return copy;
    }

    private JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? resolved(document.at(node.get("$ref").asText().substring(1))) : node;
    }
}
