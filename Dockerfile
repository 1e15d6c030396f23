# Build the program first: mvn package
FROM eclipse-temurin:25-jre AS trained
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql redis-server
COPY scripts/train-aot-cache /usr/local/bin/
COPY target/keylapse-server.jar /opt/keylapse/
RUN train-aot-cache /opt/keylapse/keylapse-server.jar /opt/keylapse/keylapse.aot

FROM eclipse-temurin:25-jre

# Numeric, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /tmp
# Without the cache it would start as well, but take more than twice as long. It fits this very jar and JVM.
COPY --from=trained /opt/keylapse /opt/keylapse

EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx32m", "-jar", "/opt/keylapse/keylapse-server.jar", "health"]
# The compiler gets a core only as far as the event loops leave it one (a nice value of 10, which needs no privilege; the warning
# that it might is switched off).
ENTRYPOINT ["java", "-XX:ThreadPriorityPolicy=1", "-XX:CompilerThreadPriority=10", "-XX:-PrintWarnings", "-XX:AOTCache=/opt/keylapse/keylapse.aot", "-XX:MaxRAMPercentage=70", "-XX:+ExitOnOutOfMemoryError", "-jar", "/opt/keylapse/keylapse-server.jar"]
