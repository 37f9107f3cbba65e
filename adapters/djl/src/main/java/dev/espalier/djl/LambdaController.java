package dev.espalier.djl;

import dev.espalier.api.pruning.CubicSchedule;

/**
 * Steers the weight λ of a penalty on scores so that the density follows a schedule: a
 * proportional-integral controller, in place of a sweep over fixed values of λ.
 *
 * <p>With e = ln(density / goal), every {@value #PERIOD} steps u moves by {@code (P·(e − previous
 * e) + I·e) / f}, and λ is {@code unit · sinh(u)}, where
 *
 * <ul>
 *   <li>the unit is the λ whose pull on a score at 0 is as large as the task's (root mean square),
 *       because how large λ must be depends on the task, the model and its size;
 *   <li>the hyperbolic sine spans powers of ten and has both signs: where too much was removed, the
 *       penalty becomes a reward until scores are back, as with the Lagrange multipliers of Wang,
 *       Wohlwend and Lei, "Structured Pruning of Large Language Models" (2020);
 *   <li>f is the scores' present learning rate as a share of its highest, because the same λ moves
 *       scores less when the rate is low; without it the density drifts off while the rate decays.
 * </ul>
 *
 * <p>Gains and period were chosen on simulated scores, with both kinds of penalty and targets from
 * 3% to 30%; {@code LambdaControllerTest} has such simulations.
 */
final class LambdaController {
  /** Steps between two looks at the density. */
  static final int PERIOD = 5;

  private static final double PROPORTIONAL = 4;
  private static final double INTEGRAL = 0.5;

  /** λ is then 81,000 times the task's pull, which pulls all scores at the optimizer's speed. */
  private static final double LIMIT = 12;

  /** From here down it matters only that a density is far too low, and 0 has no logarithm. */
  private static final double LEAST_DENSITY = 1e-4;

  /** The logistic function's slope at 0. */
  private static final double SLOPE = 0.25;

  private static final double LEAST_RATE = 0.1;
  private static final double UNIT_MEMORY = 0.8;

  private final CubicSchedule goal;
  private double u;
  private double error;
  private double unit;

  /**
   * Starts with λ = 0.
   *
   * @param goal the density to follow
   */
  LambdaController(CubicSchedule goal) {
    this.goal = goal;
  }

  /** Whether {@code step}, from 0, is one of those that are looked at. */
  static boolean looksAt(long step) {
    return step % PERIOD == 0;
  }

  /**
   * Takes note of the task's pull on the scores.
   *
   * @param pull the root mean square of ∂L/∂S over a matrix of n scores, times n, summed over all
   *     matrices: in units of a penalty that is a mean over each matrix
   */
  void observePull(double pull) {
    double seen = pull / SLOPE;
    unit = unit == 0 ? seen : UNIT_MEMORY * unit + (1 - UNIT_MEMORY) * seen;
  }

  /**
   * Takes note of a density.
   *
   * @param step the step that comes next, from 0
   * @param density the share that would be kept if the training ended here
   * @param rate the scores' learning rate as a share of its highest, in [0, 1]
   */
  void observeDensity(long step, double density, double rate) {
    double asked = goal.at(step);
    if (asked == 1) {
      return; // Nothing is to go yet; a few scores that sank by themselves are no error.
    }
    double now = Math.log(Math.max(density, LEAST_DENSITY) / Math.max(asked, LEAST_DENSITY));
    u += (PROPORTIONAL * (now - error) + INTEGRAL * now) / Math.max(rate, LEAST_RATE);
    u = Math.max(-LIMIT, Math.min(LIMIT, u));
    error = now;
  }

  /** λ for the steps until the next look; negative where scores are to rise. */
  double lambda() {
    return unit * Math.sinh(u);
  }

  /** What a controller knows, for {@link #restore} of another one. */
  record State(double u, double error, double unit) {}

  /** What the controller knows now. */
  State state() {
    return new State(u, error, unit);
  }

  /** Resumes from the state of another controller. */
  void restore(State state) {
    u = state.u();
    error = state.error();
    unit = state.unit();
  }
}
