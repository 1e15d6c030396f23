# Build the program first: mvn package
FROM eclipse-temurin:25-jdk AS runtime
# A Java runtime of what the program needs: the modules that jdeps finds in its jar, and those that are found by name at run time
# (charsets, the dates of all languages, elliptic curves, zip files).
RUN jlink --output /runtime --no-header-files --no-man-pages --compress zip-6 --vm server --add-modules \
java.base,java.desktop,java.instrument,java.naming,java.net.http,java.rmi,java.security.jgss,java.security.sasl,java.sql,jdk.charsets,jdk.crypto.ec,jdk.jfr,jdk.localedata,jdk.management,jdk.management.agent,jdk.net,jdk.security.auth,jdk.unsupported,jdk.zipfs

FROM debian:bookworm-slim AS trained
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql redis-server
COPY --from=runtime /runtime /opt/java
COPY scripts/train-aot-cache /usr/local/bin/
COPY scripts/container-health target/keylapse-server.jar /opt/keylapse/
RUN PATH=/opt/java/bin:$PATH train-aot-cache /opt/keylapse/keylapse-server.jar /opt/keylapse/keylapse.aot

FROM debian:bookworm-slim

# Numeric, so that Kubernetes can verify that it is not root.
USER 10001:10001
# Logs and file names are UTF-8.
ENV LANG=C.UTF-8
WORKDIR /tmp
COPY --from=runtime /runtime /opt/java
# The cache only works with this jar and JVM. Without it, the service starts too, but takes more than twice as long.
COPY --from=trained /opt/keylapse /opt/keylapse

EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/opt/keylapse/container-health"]
# The JIT compiler runs at a lower priority than the event loops: a nice value of 10, which needs no privilege. PrintWarnings
# is off because the JVM warns that it might need one.
ENTRYPOINT ["/opt/java/bin/java", "-XX:ThreadPriorityPolicy=1", "-XX:CompilerThreadPriority=10", "-XX:-PrintWarnings", "-XX:AOTCache=/opt/keylapse/keylapse.aot", "-XX:MaxRAMPercentage=70", "-XX:+ExitOnOutOfMemoryError", "-jar", "/opt/keylapse/keylapse-server.jar"]
