package dev.espalier.api.pruning;

/**
 * Decides which weights matter.
 *
 * <p>A pruner never sees the model. Forward passes run on effective weights {@code W' = M ⊙ W}; the
 * engine owns W, the mask M, the optimizer's state and the gradient {@code G = ∂L/∂W'}. There are
 * four kinds of pruner, by what they need to know:
 *
 * <table>
 * <caption>Kinds of pruner</caption>
 * <tr><th>kind</th><th>ranks by</th><th>built in</th></tr>
 * <tr><td>{@link WeightPruner}</td><td>the weights as they are</td>
 *     <td>magnitude, group_lasso</td></tr>
 * <tr><td>{@link GradientPruner}</td><td>statistics kept from the gradients</td>
 *     <td>gradient, snip, snip_momentum</td></tr>
 * <tr><td>{@link ScorePruner}</td><td>scores trained with the weights</td>
 *     <td>movement, soft_movement, l0</td></tr>
 * <tr><td>{@link ConstantPruner}</td><td>nothing: the mask is fixed at the start</td>
 *     <td>constant_mask</td></tr>
 * </table>
 *
 * <p>What is removed together (elements, blocks, rows, heads), over which matrices elements
 * compete, and how many are kept at which step are not the pruner's business: the engine pools,
 * selects and counts. Arrays hold a matrix row by row.
 *
 * <p>A pruner keeps no state between calls beyond its own parameters, so one instance serves every
 * matrix, from several threads at once, and everything that a resumed run needs is in W, the scores
 * and the statistics.
 *
 * <p>The decomposition into weights, scores and masks follows Sanh, Wolf and Rush, "Movement
 * Pruning: Adaptive Sparsity by Fine-Tuning" (2020), section 3.
 */
public sealed interface Pruner permits WeightPruner, GradientPruner, ScorePruner, ConstantPruner {}
