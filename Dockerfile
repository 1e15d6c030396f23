# Build the program first: mvn package
FROM eclipse-temurin:25-jre

# Numeric, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /tmp
COPY target/keylapse-server.jar /opt/keylapse/keylapse-server.jar

EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx32m", "-jar", "/opt/keylapse/keylapse-server.jar", "health"]
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=70", "-XX:+ExitOnOutOfMemoryError", "-jar", "/opt/keylapse/keylapse-server.jar"]
