// No validator: it would send the description to somebody else's server.
SwaggerUIBundle({ url: "openapi.yaml", dom_id: "#api", deepLinking: true, validatorUrl: null });
