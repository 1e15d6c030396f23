package io.keylapse.app.self;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Commands for machines that hold a key. They need the address of the service and no settings. */
@Command(
        name = "self",
        description = "Commands for machines that hold a key.",
        mixinStandardHelpOptions = true,
        subcommands = RotateCommand.class)
public final class SelfCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "A command is missing. keylapse self --help lists them.");
    }
}
