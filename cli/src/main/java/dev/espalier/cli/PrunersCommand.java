package dev.espalier.cli;

import dev.espalier.tuner.plugin.PrunerCatalog;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code espalier pruners}: what a configuration may name as its {@code prune_type}. */
@Command(
    name = "pruners",
    description = "Lists the available pruners; describe NAME shows one in full.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {ExitCodes.DONE, ExitCodes.BUG, ExitCodes.USAGE, ExitCodes.PLUGIN},
    subcommands = PrunersCommand.Describe.class)
final class PrunersCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private PluginsOption plugins;

  @Override
  public Integer call() {
    Plugins found = plugins.load();
    PrunerCatalog catalog = found.pruners();
    Console.print(spec, PrunerPages.table(catalog.descriptors(), catalog::needs, width()));
    List<String> others = found.besidePruners();
    if (!others.isEmpty()) {
      Console.print(spec, System.lineSeparator() + "Also in the plugins:");
      others.forEach(line -> Console.print(spec, "  " + line));
    }
    return ExitCode.OK;
  }

  private PrunerCatalog catalog() {
    return plugins.load().pruners();
  }

  private static int width() {
    return ProgressPrinter.width(System.getenv());
  }

  /** {@code espalier pruners describe}: everything about one pruner. */
  @Command(
      name = "describe",
      description = "Shows what a pruner does, what it needs, and its parameters.",
      mixinStandardHelpOptions = true,
      exitCodeListHeading = ExitCodes.HEADING,
      exitCodeList = {
        ExitCodes.DONE,
        ExitCodes.BUG,
        "2:there is no such pruner, or a mistake on the command line",
        ExitCodes.PLUGIN
      })
  static final class Describe implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @ParentCommand private PrunersCommand parent;

    @Parameters(paramLabel = "NAME", description = "The pruner's name.")
    private String name;

    @Override
    public Integer call() {
      PrunerCatalog catalog = parent.catalog();
      Console.print(
          spec,
          PrunerPages.page(
              catalog.descriptor(name, null), catalog.needs(name), catalog.origin(name), width()));
      return ExitCode.OK;
    }
  }
}
