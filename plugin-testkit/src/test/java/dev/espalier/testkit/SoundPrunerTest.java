package dev.espalier.testkit;

import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.ParameterDescriptor.Choice;
import dev.espalier.api.pruning.ParameterDescriptor.Quantity;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;

/** The one line that a plugin's author writes; and that a sound pruner of each kind passes. */
final class SoundPrunerTest extends PrunerContract {
  SoundPrunerTest() {
    super("sound");
  }

  /** Named in the service file of these tests. */
  public static final class Provider implements PrunerProvider {
    @Override
    public PrunerDescriptor descriptor() {
      return new PrunerDescriptor(
          "sound",
          "For this test.",
          "No paper.",
          List.of(
              new Quantity("scale", 1.0, 0, 10, "Of the scores' start."),
              new Choice("start", "zero", List.of("zero", "uniform"), "Of the scores.")));
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      parameters.number("scale");
      parameters.choice("start");
      return new Announced.SoundScores(MaskRule.SHARE);
    }
  }

  @Nested
  final class Weight extends PrunerContract {
    Weight() {
      super("weight", () -> Stream.of(Announced.weight(new Announced.SoundWeight())));
    }
  }

  @Nested
  final class Gradient extends PrunerContract {
    Gradient() {
      super("gradient", () -> Stream.of(Announced.gradient(Announced.SoundGradient::new)));
    }
  }

  @Nested
  final class Threshold extends PrunerContract {
    Threshold() {
      super(
          "threshold",
          () ->
              Stream.of(
                  Announced.of(
                      "threshold",
                      () -> new Announced.SoundScores(new MaskRule.Threshold(0, 0.1, 0.005)))));
    }
  }

  @Nested
  final class Gates extends PrunerContract {
    Gates() {
      super("gates", () -> Stream.of(Announced.gates(Announced.SoundGates::new)));
    }
  }

  @Nested
  final class Constant extends PrunerContract {
    Constant() {
      super("constant", () -> Stream.of(Announced.constant(Announced::soundMask)));
    }
  }
}
