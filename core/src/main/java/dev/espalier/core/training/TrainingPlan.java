package dev.espalier.core.training;

/**
 * How a model is trained, with everything resolved to steps.
 *
 * @param totalSteps optimizer steps
 * @param batchSize examples per step
 * @param learningRate peak learning rate of the weights
 * @param scoreLearningRate peak learning rate of a pruner's scores
 * @param weightDecay decoupled decay of weight matrices; biases and norms have none
 * @param warmupSteps steps over which the learning rates rise linearly from 0
 * @param maxGradientNorm global L2 norm that gradients are clipped to
 * @param adamEpsilon Adam's epsilon, added before bias correction
 * @param seed decides batches, dropout, head and score initialization
 * @param threads CPU threads
 */
public record TrainingPlan(
    long totalSteps,
    int batchSize,
    double learningRate,
    double scoreLearningRate,
    double weightDecay,
    long warmupSteps,
    double maxGradientNorm,
    double adamEpsilon,
    long seed,
    int threads) {}
