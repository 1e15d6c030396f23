package io.keylapse.attack;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** Reads the memory use of another JVM on this machine, which must run with {@link NettyAgent}. */
final class Memory implements AutoCloseable {
    private static final String BOUND_OF_AN_ANSWER = "sun.rmi.transport.tcp.responseTimeout";
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    private final long pid;
    private final JMXConnector connector;
    private final MBeanServerConnection beans;
    private final MemoryMXBean memory;

    private Memory(long pid, JMXConnector connector) throws IOException {
        this.pid = pid;
        this.connector = connector;
        this.beans = connector.getMBeanServerConnection();
        this.memory = ManagementFactory.newPlatformMXBeanProxy(
                beans, ManagementFactory.MEMORY_MXBEAN_NAME, MemoryMXBean.class);
    }

    /**
     * Memory in use, in KB.
     *
     * @param direct what Netty has allocated, including what it keeps for reuse, and the direct buffers of others
     */
    record Reading(long heap, long direct, long resident) {
        static final Reading NONE = new Reading(0, 0, 0);

        Reading most(Reading other) {
            return new Reading(
                    Math.max(heap, other.heap), Math.max(direct, other.direct), Math.max(resident, other.resident));
        }
    }

    @SuppressWarnings("BanJNDI") // the other JVM is ours
    static Memory of(long pid) throws IOException {
        // A JVM that is out of memory may never respond.
        System.setProperty(BOUND_OF_AN_ANSWER, "10000");
        try {
            VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
            try {
                return new Memory(
                        pid, JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent())));
            } finally {
                machine.detach();
            }
        } catch (AttachNotSupportedException e) {
            throw new IOException(e);
        }
    }

    /** Current use, including garbage. */
    Reading now() throws IOException {
        return reading(used(ManagementFactory.MEMORY_MXBEAN_NAME, "HeapMemoryUsage") / 1024);
    }

    /** Use after a full collection. */
    Reading afterCollection() throws IOException {
        memory.gc();
        long left = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getPlatformMXBeans(beans, MemoryPoolMXBean.class)) {
            if (pool.getType() == MemoryType.HEAP) {
                left += used(pool.getObjectName().getCanonicalName(), "CollectionUsage");
            }
        }
        return reading(left / 1024);
    }

    private Reading reading(long heap) throws IOException {
        long buffers = ManagementFactory.getPlatformMXBeans(beans, BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return new Reading(heap, (buffers + netty()) / 1024, resident());
    }

    /** Without {@code MemoryUsage}: the JDK cannot read it in Turkish, where it looks for a value with a dotless i. */
    private long used(String bean, String attribute) throws IOException {
        return (long) ((CompositeData) attribute(bean, attribute)).get("used");
    }

    private long netty() throws IOException {
        return (long) attribute(NettyAgent.NAME, "DirectMemory");
    }

    private Object attribute(String bean, String name) throws IOException {
        try {
            return beans.getAttribute(new ObjectName(bean), name);
        } catch (JMException e) {
            throw new IOException(e);
        }
    }

    private long resident() throws IOException {
        Matcher matcher = RESIDENT.matcher(Files.readString(Path.of("/proc/" + pid + "/status")));
        if (!matcher.find()) {
            throw new IOException("no VmRSS of process " + pid);
        }
        return Long.parseLong(matcher.group(1));
    }

    @Override
    public void close() {
        try {
            connector.close();
        } catch (IOException e) {
            // The process has exited.
        }
    }
}
