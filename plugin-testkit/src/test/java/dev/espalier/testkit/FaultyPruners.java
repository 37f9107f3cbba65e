package dev.espalier.testkit;

import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.PrunableParameter;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import java.util.List;
import java.util.random.RandomGenerator;

/** One sound pruner, and others that break one promise each. */
public final class FaultyPruners {
  private FaultyPruners() {}

  /** Learns scores, starts them at random, and keeps every promise. */
  static class SoundPruner implements Pruner {
    @Override
    public boolean learnsScores() {
      return true;
    }

    @Override
    public void initializeScores(
        PrunableParameter parameter, float[] scores, RandomGenerator random) {
      for (int i = 0; i < scores.length; i++) {
        scores[i] = random.nextFloat();
      }
    }

    @Override
    public float[] importance(float[] weights, float[] scores, float[] scratch) {
      for (int i = 0; i < scratch.length; i++) {
        scratch[i] = 2 * scores[i];
      }
      return scratch;
    }

    @Override
    public void scoreGradient(
        float[] effectiveGradient, float[] weights, float[] scores, float[] gradient) {
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] = effectiveGradient[i] * weights[i];
      }
    }
  }

  /** Announces one of these pruners under its name. */
  abstract static class Announced implements PrunerProvider {
    private final String name;
    private final Pruner pruner;
    private final List<ParameterDescriptor> parameters;

    Announced(String name, Pruner pruner, ParameterDescriptor... parameters) {
      this.name = name;
      this.pruner = pruner;
      this.parameters = List.of(parameters);
    }

    @Override
    public PrunerDescriptor descriptor() {
      return new PrunerDescriptor(name, "For a test.", "No paper.", parameters);
    }

    @Override
    public Pruner create(ParameterValues values) {
      return pruner;
    }
  }

  /** Keeps every promise. */
  public static final class Sound extends Announced {
    /** For ServiceLoader. */
    public Sound() {
      super("sound", new SoundPruner());
    }
  }

  /** Has a name that another provider has, too. */
  public static final class Namesake extends Announced {
    /** For ServiceLoader. */
    public Namesake() {
      super("namesake", new SoundPruner());
    }
  }

  /** The other one. */
  public static final class OtherNamesake extends Announced {
    /** For ServiceLoader. */
    public OtherNamesake() {
      super("namesake", new SoundPruner());
    }
  }

  /** Declares a parameter twice. */
  public static final class DeclaresTwice extends Announced {
    private static final ParameterDescriptor FLOOR =
        new ParameterDescriptor("floor", 0, 0, 1, "The share always kept.");

    /** For ServiceLoader. */
    public DeclaresTwice() {
      super("declares_twice", new SoundPruner(), FLOOR, FLOOR);
    }
  }

  /** Ranks a NaN last. */
  public static final class SwallowsNaN extends Announced {
    /** For ServiceLoader. */
    public SwallowsNaN() {
      super(
          "swallows_nan",
          new SoundPruner() {
            @Override
            public float[] importance(float[] weights, float[] scores, float[] scratch) {
              for (int i = 0; i < scratch.length; i++) {
                scratch[i] = Float.isNaN(scores[i]) ? Float.NEGATIVE_INFINITY : scores[i];
              }
              return scratch;
            }
          });
    }
  }

  /** Works in place on the scores. */
  public static final class ChangesScores extends Announced {
    /** For ServiceLoader. */
    public ChangesScores() {
      super(
          "changes_scores",
          new SoundPruner() {
            @Override
            public float[] importance(float[] weights, float[] scores, float[] scratch) {
              return super.importance(weights, scores, scores);
            }
          });
    }
  }

  /** Returns an array of its own. */
  public static final class Allocates extends Announced {
    /** For ServiceLoader. */
    public Allocates() {
      super(
          "allocates",
          new SoundPruner() {
            @Override
            public float[] importance(float[] weights, float[] scores, float[] scratch) {
              return scores.clone();
            }
          });
    }
  }

  /** Leaves the last element of scratch and of the gradient as it was. */
  public static final class LeavesGaps extends Announced {
    /** For ServiceLoader. */
    public LeavesGaps() {
      super(
          "leaves_gaps",
          new SoundPruner() {
            @Override
            public float[] importance(float[] weights, float[] scores, float[] scratch) {
              System.arraycopy(scores, 0, scratch, 0, scores.length - 1);
              return scratch;
            }

            @Override
            public void scoreGradient(float[] g, float[] weights, float[] scores, float[] result) {
              System.arraycopy(g, 0, result, 0, g.length - 1);
            }
          });
    }
  }

  /** Ranks the other way round at each call. */
  public static final class Remembers extends Announced {
    /** For ServiceLoader. */
    public Remembers() {
      super(
          "remembers",
          new SoundPruner() {
            private float sign = 1;

            @Override
            public float[] importance(float[] weights, float[] scores, float[] scratch) {
              sign = -sign;
              for (int i = 0; i < scratch.length; i++) {
                scratch[i] = sign * scores[i];
              }
              return scratch;
            }
          });
    }
  }

  /** Starts from scores that the seed does not decide, and that are not numbers. */
  public static final class StartsAnyhow extends Announced {
    /** For ServiceLoader. */
    public StartsAnyhow() {
      super(
          "starts_anyhow",
          new SoundPruner() {
            @Override
            public void initializeScores(
                PrunableParameter parameter, float[] scores, RandomGenerator random) {
              scores[0] = System.nanoTime() % 1_000_000;
              scores[1] = Float.POSITIVE_INFINITY;
            }
          });
    }
  }
}
