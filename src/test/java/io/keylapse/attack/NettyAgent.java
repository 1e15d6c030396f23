package io.keylapse.attack;

import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * A Java agent in the service that reports Netty's direct memory. Netty allocates it with {@code malloc} and counts it
 * itself, so neither the JVM's buffer pools nor its native memory tracking include it.
 */
public final class NettyAgent {
    static final String NAME = "io.keylapse.attack:type=Netty";

    private NettyAgent() {}

    /** The readable values. */
    public interface NettyMXBean {
        /** In bytes, including what Netty keeps for reuse. */
        long getDirectMemory();
    }

    /** Called by the JVM before the service starts. */
    public static void premain(String arguments) throws JMException {
        NettyMXBean bean = PlatformDependent::usedDirectMemory;
        ManagementFactory.getPlatformMBeanServer().registerMBean(bean, new ObjectName(NAME));
    }

    /** The flag that loads the agent into a JVM. Writes the agent's file into the folder. */
    static String jvmFlag(Path folder) {
        Path jar = folder.resolve("netty-agent.jar");
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", NettyAgent.class.getName());
        try (var out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            for (Class<?> each : List.of(NettyAgent.class, NettyMXBean.class)) {
                String entry = each.getName().replace('.', '/') + ".class";
                out.putNextEntry(new JarEntry(entry));
                try (var in = NettyAgent.class.getClassLoader().getResourceAsStream(entry)) {
                    in.transferTo(out);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return "-javaagent:" + jar;
    }
}
