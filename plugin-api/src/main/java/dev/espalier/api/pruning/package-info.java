/**
 * How to write a pruner.
 *
 * <ol>
 *   <li>Implement the interface that fits what decides:
 *       <table>
 *       <caption>Which interface to pick</caption>
 *       <tr><th>what decides</th><th>interface</th><th>what to write</th></tr>
 *       <tr><td>the weights as they are now</td>
 *           <td>{@link dev.espalier.api.pruning.WeightPruner}</td>
 *           <td>importance out of W; a penalty on whole units, if any</td></tr>
 *       <tr><td>what the gradients have been so far</td>
 *           <td>{@link dev.espalier.api.pruning.GradientPruner}</td>
 *           <td>which statistics are kept, how one step's G and W change them, and how they rank</td></tr>
 *       <tr><td>scores S that the optimizer trains</td>
 *           <td>{@link dev.espalier.api.pruning.ScorePruner}</td>
 *           <td>where S starts, how it becomes a mask, its gradient, a penalty; all of them have
 *           defaults</td></tr>
 *       <tr><td>what is known before the first step</td>
 *           <td>{@link dev.espalier.api.pruning.ConstantPruner}</td>
 *           <td>the mask out of W</td></tr>
 *       </table>
 *   <li>Announce it with a {@link dev.espalier.api.pruning.PrunerProvider} and one line in {@code
 *       META-INF/services/dev.espalier.api.pruning.PrunerProvider}. Its descriptor names every
 *       parameter with its range; what it needs follows from the interface ({@link
 *       dev.espalier.api.pruning.Need}).
 *   <li>Extend {@code PrunerContract} of the test kit in one line.
 * </ol>
 *
 * <p>The engine creates a pruner once for a run and asks it in this order:
 *
 * <table>
 * <caption>The life of a pruner</caption>
 * <tr><th>when</th><th>WeightPruner</th><th>GradientPruner</th><th>ScorePruner</th>
 *     <th>ConstantPruner</th></tr>
 * <tr><td>before the first step</td><td></td><td></td><td>initializeScores, the rule</td>
 *     <td>mask</td></tr>
 * <tr><td>each step, after the backward pass</td><td>shrinkage</td><td>update</td>
 *     <td>scoreGradient, the penalty's gradient</td><td></td></tr>
 * <tr><td>each step, after the optimizer's</td><td>importance</td><td>importance</td>
 *     <td>the rule</td><td></td></tr>
 * <tr><td>evaluation and export</td><td></td><td></td><td>of gates, decide</td><td></td></tr>
 * </table>
 *
 * <p>Each call gets a {@link dev.espalier.api.pruning.Step}: the name and size of what the arrays
 * hold, how far the training is, and a random generator that a resumed run repeats.
 *
 * <p>A pruner is complete with the methods on {@code float[]}. Those that take {@link
 * dev.espalier.api.pruning.Vec} and {@link dev.espalier.api.pruning.Ops} are the same formulas on
 * whole arrays, for engines that keep them on a device; by default they copy to the host and call
 * the others. {@code PrunerContract} checks that both say the same, without a device.
 *
 * <p>Selecting the share to keep ({@link dev.espalier.api.pruning.TopShare}), N:M groups ({@link
 * dev.espalier.api.pruning.GroupRule}), pooling over units and keeping removed weights at zero are
 * the engine's part.
 */
@NullMarked
package dev.espalier.api.pruning;

import org.jspecify.annotations.NullMarked;
