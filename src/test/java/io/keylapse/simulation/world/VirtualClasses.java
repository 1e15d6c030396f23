package io.keylapse.simulation.world;

import static java.util.stream.Collectors.toMap;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.DynamicCallSiteDesc;
import java.lang.constant.MethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Loads the production code into a {@link World}. Calls of clocks, threads and random numbers are redirected to the
 * stand-ins in {@link VirtualJdk}, and caches and pages are made small. A call that would block outside of virtual time
 * and has no stand-in is an error.
 */
public final class VirtualClasses extends ClassLoader {
    /** The number of rows in a page, where the production code has 1,000 or more. */
    public static final int PAGE = 3;

    private static final String OURS = "io.keylapse.";
    private static final String SIMULATION = "io.keylapse.simulation.";
    private static final ClassDesc VIRTUAL_JDK =
            VirtualJdk.class.describeConstable().orElseThrow();

    private static final Map<String, MethodTypeDesc> STAND_INS = Arrays.stream(VirtualJdk.class.getDeclaredMethods())
            .filter(method -> method.isAnnotationPresent(VirtualJdk.Replaces.class))
            .collect(toMap(VirtualClasses::replaced, VirtualClasses::type));

    /** Classes and methods that must not be called unless there is a stand-in. */
    private static final String FORBIDDEN = "java/util/concurrent/(Executors|locks/.*)\\..*"
            + "|java/lang/Thread\\.(sleep|start|startVirtualThread)"
            + "|java/lang/System\\.(nanoTime|currentTimeMillis)"
            + "|java/time/Instant\\.now"
            + "|.*(Queue|Semaphore)\\.(take|put|acquire)"
            + "|java/util/concurrent/(CountDownLatch\\.await|Future\\.get)"
            + "|java/util/concurrent/CompletableFuture\\.(join|get|orTimeout|.*Async)"
            + "|com/github/benmanes/caffeine/cache/Caffeine\\.build.*";

    /** Sizes and ages that no history would reach, with smaller replacements. */
    private static final Map<ConstantDesc, ConstantDesc> SIZES =
            Map.of(100_000, 6, 50_000, PAGE, 4_000, PAGE, 1_000, PAGE, 15L, 7L);

    private static final String SIZED = "io/keylapse/(active/trust/.*|sync/.*|expiry/(BulkRecorder|ExpiryRecorder)"
            + "|registry/usage/UsageSettings)";

    private final ClassFile classFile;

    public VirtualClasses(ClassLoader parent) {
        super("simulation", parent);
        this.classFile = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(parent).cached()));
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS) || name.equals(Finding.class.getName())) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? define(name) : loaded;
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            byte[] ours = name.startsWith(SIMULATION) ? bytes : rewritten(bytes);
            return defineClass(name, ours, 0, ours.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] rewritten(byte[] bytes) {
        ClassModel model = classFile.parse(bytes);
        boolean sized = model.thisClass().asInternalName().matches(SIZED);
        return classFile.transformClass(model, ClassTransform.transformingMethodBodies((code, element) -> {
            if (sized
                    && element instanceof ConstantInstruction constant
                    && SIZES.containsKey(constant.constantValue())) {
                code.loadConstant(SIZES.get(constant.constantValue()));
            } else {
                rewrite(code, element);
            }
        }));
    }

    private static void rewrite(CodeBuilder code, CodeElement element) {
        switch (element) {
            case InvokeInstruction call
            when call.opcode() != Opcode.INVOKESPECIAL ->
                invoke(
                        code,
                        call,
                        key(call.owner().asInternalName(), call.name().stringValue(), call.typeSymbol()));
            case InvokeDynamicInstruction lambda -> {
                DynamicCallSiteDesc site = lambda.invokedynamic().asSymbol();
                code.invokedynamic(site.withArgs(Stream.of(site.bootstrapArgs())
                        .map(VirtualClasses::rewritten)
                        .toArray(ConstantDesc[]::new)));
            }
            default -> code.with(element);
        }
    }

    private static void invoke(CodeBuilder code, InvokeInstruction call, String key) {
        MethodTypeDesc standIn = STAND_INS.get(key);
        if (standIn == null) {
            code.with(permitted(key, call));
        } else {
            code.invokestatic(VIRTUAL_JDK, call.name().stringValue(), standIn);
        }
    }

    /** Also redirects method references. */
    private static ConstantDesc rewritten(ConstantDesc argument) {
        if (argument instanceof DirectMethodHandleDesc handle
                && handle.lookupDescriptor().startsWith("(")
                && !handle.methodName().equals("<init>")) {
            String owner = handle.owner().descriptorString();
            String key = key(
                    owner.substring(1, owner.length() - 1),
                    handle.methodName(),
                    MethodTypeDesc.ofDescriptor(handle.lookupDescriptor()));
            MethodTypeDesc standIn = STAND_INS.get(key);
            return standIn == null
                    ? permitted(key, handle)
                    : MethodHandleDesc.ofMethod(
                            DirectMethodHandleDesc.Kind.STATIC, VIRTUAL_JDK, handle.methodName(), standIn);
        }
        return argument;
    }

    private static <T> T permitted(String key, T call) {
        if (key.substring(0, key.indexOf('(')).matches(FORBIDDEN)) {
            throw new IllegalStateException("the simulation has no stand-in for " + key);
        }
        return call;
    }

    private static String replaced(Method standIn) {
        Class<?> owner = standIn.getAnnotation(VirtualJdk.Replaces.class).value();
        boolean isStatic = Arrays.stream(owner.getMethods())
                .anyMatch(method -> method.getName().equals(standIn.getName())
                        && Arrays.equals(method.getParameterTypes(), standIn.getParameterTypes()));
        MethodTypeDesc type = type(standIn);
        return key(
                owner.getName().replace('.', '/'), standIn.getName(), isStatic ? type : type.dropParameterTypes(0, 1));
    }

    private static MethodTypeDesc type(Method method) {
        return MethodTypeDesc.of(
                method.getReturnType().describeConstable().orElseThrow(),
                Arrays.stream(method.getParameterTypes())
                        .map(each -> each.describeConstable().orElseThrow())
                        .toArray(ClassDesc[]::new));
    }

    private static String key(String owner, String name, MethodTypeDesc type) {
        return owner + "." + name + type.descriptorString();
    }
}
