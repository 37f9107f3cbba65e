package dev.espalier.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.espalier.config.Key.Base;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Everything that a YAML file can say, with every default filled in. */
public record Configuration(
    @Key(value = "Version of this format.", fallback = "1", minimum = 1, maximum = 1) int version,
    @Key("Model to compress.") Model model,
    @Key(value = "Device to train on.", fallback = "cpu", unsupported = "gpu") Device device,
    @Key("Training and evaluation data.") Data data,
    @Key("Pruning method and schedule.") Pruning pruning,
    @Key(
            value = "Teacher for knowledge distillation. Omit to train on the labels only.",
            optionalSection = true)
        @Nullable Distillation distillation,
    @Key(value = "Quantization after training. Omit to skip it.", optionalSection = true)
        @Nullable Quantization quantization,
    @Key("Evaluation of the exported files.") Evaluation evaluation,
    @Key("Success criterion, search and output folder.") Tuning tuning) {

  /** What is compressed. */
  public record Model(
      @Key(
              value = "Name of the run's folder and of the model card.",
              required = true,
              pattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
          String name,
      @Key(
              value =
                  "Pretrained model: a name, a folder such as ./model, or a TorchScript"
                      + " file such as ./model.pt.",
              required = true,
              base = Base.FILE_FOLDER)
          String checkpoint) {}

  /** Training and evaluation data. */
  public record Data(
      @Key(
              value = "Task, for instance sst-2, squad, csv or the synthetic sentiment-twin.",
              required = true)
          String task,
      @Key(
              value =
                  "Training file, relative to the YAML file's folder, or a Hugging Face"
                      + " data set such as hf-dataset:glue/sst2.",
              base = Base.FILE)
          @Nullable String train,
      @Key(
              value =
                  "Calibration file for activation ranges. Omit to calibrate on training"
                      + " examples.",
              base = Base.FILE)
          @Nullable String calibration,
      @Key(value = "Evaluation file, or a Hugging Face data set.", base = Base.FILE)
          @Nullable String evaluation,
      @Key(value = "Second evaluation file of mnli, with mismatched genres.", base = Base.FILE)
          @Nullable String evaluationMismatched,
      @Key(
              value =
                  "Rows of the training file to use (paragraphs for squad), counted from"
                      + " 1: \"1-200\", or \"201-\" for the rest.",
              pattern = "[1-9]\\d{0,8}-([1-9]\\d{0,8})?")
          @Nullable String trainPart,
      @Key(
              value =
                  "Rows or paragraphs of the calibration file to use, in the format of"
                      + " train_part.",
              pattern = "[1-9]\\d{0,8}-([1-9]\\d{0,8})?")
          @Nullable String calibrationPart,
      @Key(
              value =
                  "Rows or paragraphs of the evaluation file to use, in the format of"
                      + " train_part.",
              pattern = "[1-9]\\d{0,8}-([1-9]\\d{0,8})?")
          @Nullable String evaluationPart,
      @Key("Columns that the tasks csv, tsv and jsonl read.") Columns columns,
      @Key(
              value =
                  "Classes of csv, tsv and jsonl in index order; empty for the training"
                      + " file's classes in alphabetical order.",
              fallback = "[]")
          List<String> labels,
      @Key(
              value = "Number of training examples that a twin generates; 0 for its default.",
              fallback = "0",
              minimum = 0,
              maximum = 1e9)
          int trainExamples,
      @Key(
              value = "Number of evaluation examples that a twin generates; 0 for its default.",
              fallback = "0",
              minimum = 0,
              maximum = 1e9)
          int evaluationExamples,
      @Key(
              value = "Maximum input length in tokens, special tokens included.",
              fallback = "128",
              minimum = 8,
              maximum = 512)
          int maxSequenceLength,
      @Key(
              value = "Stride between windows over a long paragraph, in tokens.",
              fallback = "128",
              minimum = 1,
              maximum = 512)
          int docStride,
      @Key(
              value = "Maximum question length in tokens; the rest is truncated.",
              fallback = "64",
              minimum = 1,
              maximum = 512)
          int maxQueryLength,
      @Key(
              value = "Start and end logits considered per window.",
              fallback = "20",
              minimum = 1,
              maximum = 512)
          int nBestSize,
      @Key(value = "Maximum answer length in tokens.", fallback = "30", minimum = 1, maximum = 512)
          int maxAnswerLength,
      @Key(
              value =
                  "SQuAD 2.0: predict no answer if its logit exceeds the best span's by"
                      + " more than this.",
              fallback = "0.0")
          double nullScoreDiffThreshold) {
    /** Copies the list. */
    public Data {
      labels = List.copyOf(labels);
    }
  }

  /** Columns, by their names in the file's first line, or keys of each line's object. */
  public record Columns(
      @Key("Column with the text, or with the first text of a pair.") @Nullable String text,
      @Key("Column with the second text of a pair.") @Nullable String textPair,
      @Key("Column with the class.") @Nullable String label,
      @Key("Column with a number to predict, instead of label.") @Nullable String value) {}

  /** How the model is pruned. */
  public record Pruning(
      @Key("Training during pruning.") Train train,
      @Key("Units to remove, and the schedule.") Approach approach) {}

  /** How a model is trained. */
  public record Train(
      @Key(
              value = "Passes over the training set; max_steps overrides it.",
              fallback = "3",
              minimum = 0,
              minimumExcluded = true,
              maximum = 10_000)
          double epochs,
      @Key(value = "Optimizer steps, instead of epochs.", minimum = 1, maximum = 1e9)
          @Nullable Long maxSteps,
      @Key(value = "Examples per optimizer step.", fallback = "32", minimum = 1, maximum = 65_536)
          int batchSize,
      @Key(
              value = "Peak learning rate of the weights.",
              fallback = "5.0e-5",
              minimum = 0,
              minimumExcluded = true,
              maximum = 1,
              search = "1e-5, 3e-4, log")
          double learningRate,
      @Key(
              value =
                  "Peak learning rate of a pruner's scores; no effect for movement with a"
                      + " constant score_init.",
              fallback = "1.0e-2",
              minimum = 0,
              minimumExcluded = true,
              maximum = 1000,
              search = "1e-3, 1e-1, log")
          double scoreLearningRate,
      @Key(
              value = "Decoupled weight decay of matrices; none for biases and norms.",
              fallback = "0.0",
              minimum = 0,
              maximum = 1)
          double weightDecay,
      @Key(
              value =
                  "Length of the learning-rate warm-up: steps, epochs such as \"2"
                      + " epochs\", or a share of the run such as \"10%\".",
              fallback = "\"10%\"")
          Amount warmup,
      @Key(
              value = "Maximum global L2 norm of the gradients.",
              fallback = "1.0",
              minimum = 0,
              minimumExcluded = true)
          double maxGradientNorm,
      @Key(
              value = "Adam's epsilon, added before bias correction.",
              fallback = "1.0e-8",
              minimum = 0,
              minimumExcluded = true,
              maximum = 1)
          double adamEpsilon,
      @Key(value = "CPU threads; 0 for all cores.", fallback = "0", minimum = 0, maximum = 4096)
          int threads,
      @Key(value = "Weights that fine-pruning starts from.", fallback = "pretrained")
          StartFrom startFrom,
      @Key(
              value =
                  "Interval between training checkpoints for espalier resume: steps,"
                      + " epochs or a share of the run; 0 for none.",
              fallback = "\"10%\"")
          Amount checkpointEvery) {}

  /** What is removed. */
  public record Approach(@Key("Weight pruning.") WeightCompression weightCompression) {}

  /** How many weights are removed, and when. */
  public record WeightCompression(
      @Key(
              value = "Sparsity at the start of the schedule.",
              fallback = "0.0",
              minimum = 0,
              maximum = 1,
              maximumExcluded = true)
          double initialSparsity,
      @Key(
              value =
                  "Sparsity at the end of the schedule, in each scope; for pruners with a"
                      + " penalty, the sparsity that lambda is steered to.",
              minimum = 0,
              maximum = 1,
              maximumExcluded = true,
              search = "0.5, 0.97")
          @Nullable Double targetSparsity,
      @Key(
              value =
                  "Length of training before the schedule starts: multiples of the"
                      + " warm-up, or \"500 steps\", \"2 epochs\" or \"10%\".",
              fallback = "1",
              minimum = 0,
              maximum = 1000)
          Stretch initialWarmup,
      @Key(
              value =
                  "Length of training after the schedule ends: multiples of the warm-up,"
                      + " or \"500 steps\", \"2 epochs\" or \"10%\".",
              fallback = "2",
              minimum = 0,
              maximum = 1000)
          Stretch finalWarmup,
      @Key(value = "Pruners; exactly one for now.", required = true, entries = 1)
          List<PrunerChoice> pruners) {
    /** Copies the list. */
    public WeightCompression {
      pruners = List.copyOf(pruners);
    }
  }

  /** One pruner and what it works on. */
  public record PrunerChoice(
      @Key(value = "Name of the pruner.", required = true) String pruneType,
      @Key(
              value = "Globs for the names of the parameters to prune.",
              fallback = "[\"*.layer.*.weight\"]")
          List<String> names,
      @Key(value = "Globs for the names of parameters that stay dense.", fallback = "[]")
          List<String> excludedNames,
      @Key(
              value =
                  "Unit of pruning: 1x1 (single weights), RxC (blocks of R outputs by C"
                      + " inputs), N:M (at most N removed of each M along the input), ffn_pairs"
                      + " (a row and the column it feeds) or heads.",
              fallback = "1x1")
          String pattern,
      @Key(
              value =
                  "Scope in which units are ranked: local (each matrix), groups (attention"
                      + " and feed-forward) or global.",
              fallback = "local")
          PruneDomain pruneDomain,
      @Key("Parameters of the pruner.") Map<String, Object> parameters) {
    /** Copies the collections. */
    public PrunerChoice {
      names = List.copyOf(names);
      excludedNames = List.copyOf(excludedNames);
      parameters = Map.copyOf(parameters);
    }
  }

  /** Whose answers are learnt, and how much they count. */
  public record Distillation(
      @Key(
              value =
                  "Teacher: baseline (the run's own dense model), or a checkpoint that was"
                      + " fine-tuned for the same task.",
              fallback = Distillation.BASELINE,
              base = Base.FILE_FOLDER)
          String teacher,
      @Key(
              value = "Softmax temperature of teacher and student.",
              fallback = "2.0",
              minimum = 0,
              minimumExcluded = true,
              maximum = 100,
              search = "1, 10, log")
          double temperature,
      @Key(
              value = "Weight of the loss against the teacher's logits.",
              fallback = "0.9",
              minimum = 0,
              maximum = 1000,
              search = "0, 1")
          double alphaDistil,
      @Key(
              value = "Weight of the loss against the labels.",
              fallback = "0.1",
              minimum = 0,
              maximum = 1000,
              search = "0, 1")
          double alphaCe,
      @Key(
              value =
                  "Weight of the mean squared error against the teacher's hidden states,"
                      + " which are computed in each step; 0 for logits only.",
              fallback = "0.0",
              minimum = 0,
              maximum = 1000)
          double hiddenStates) {
    /** The teacher that is the run's own dense model. */
    public static final String BASELINE = "baseline";

    /** The two weights of answers, for people. */
    public String weights() {
      return alphaDistil + ", " + alphaCe;
    }
  }

  /** How the model is quantized. */
  public record Quantization(
      @Key(
              value =
                  "Quantization approach: dynamic (activation ranges at run time), static"
                      + " (calibrated ranges) or weight_only (weights in blocks, products in"
                      + " float).",
              fallback = "post_training_dynamic_quant")
          QuantizationApproach approach,
      @Key(
              value =
                  "Graph format of the static approach: float operators between"
                      + " QuantizeLinear and DequantizeLinear (qdq), or integer operators"
                      + " (qoperator).",
              fallback = "qdq")
          GraphFormat format,
      @Key("Quantization of weights and activations.") ModelWise modelWise,
      @Key("Calibration of activation ranges, for the static approach.") Calibration calibration,
      @Key("Block format of the approach weight_only.") WeightOnly weightOnly,
      @Key("Transformations of the float model before quantization.") Recipes recipes,
      @Key(
              value =
                  "CPU that the file will run on: with VNNI, with AVX2 only, or this"
                      + " machine. Sets the default of reduce_range.",
              fallback = "vnni")
          TargetCpu targetCpu,
      @Key(
              value =
                  "Use 7-bit weights so that CPUs without VNNI do not overflow; by default"
                      + " where target_cpu lacks VNNI.")
          @Nullable Boolean reduceRange,
      @Key(
              value = "Types of ONNX operators to quantize.",
              fallback = "[MatMul, Gemm, Gather, Conv, Add, Mul, Attention]",
              each = OperatorTypes.class)
          List<String> opTypes,
      @Key(
              value = "Globs for the names of ONNX nodes, or of their weights, that stay float.",
              fallback = "[]")
          List<String> excludedNames,
      @Key("Overrides of model_wise by operator type; later entries win.")
          List<OpTypeWise> optypeWise,
      @Key("Overrides for single operators; they win over optype_wise.") List<OpWise> opWise,
      @Key("Fallback to float when the quantized file misses the criterion.")
          QuantizationStrategy strategy) {
    /** Copies the lists. */
    public Quantization {
      opTypes = List.copyOf(opTypes);
      excludedNames = List.copyOf(excludedNames);
      optypeWise = List.copyOf(optypeWise);
      opWise = List.copyOf(opWise);
    }
  }

  /** An exception for types of operators. */
  public record OpTypeWise(
      @Key(value = "Types of ONNX operators.", required = true, each = OperatorTypes.class)
          List<String> opTypes,
      @Key("Quantization of their weights.") OpWeight weight,
      @Key("Quantization of their activations.") OpActivation activation) {
    /** Copies the list. */
    public OpTypeWise {
      opTypes = List.copyOf(opTypes);
    }
  }

  /** An exception for single operators. */
  public record OpWise(
      @Key(value = "Names of, or globs for, ONNX nodes or their weights.", required = true)
          List<String> names,
      @Key("Quantization of their weights.") OpWeight weight,
      @Key("Quantization of their activations.") OpActivation activation) {
    /** Copies the list. */
    public OpWise {
      names = List.copyOf(names);
    }
  }

  /** How the weights of some operators are quantized; null for as in {@code model_wise}. */
  public record OpWeight(
      @Key(value = "int8, or fp32 for operators that stay float.") @Nullable WeightType dtype,
      @Key(value = "One scale for each output channel, or one for the whole weight.")
          @Nullable Granularity granularity) {}

  /** How the activations of some operators are quantized; null for as in {@code model_wise}. */
  public record OpActivation(
      @Key(value = "uint8, or fp32 for operators that stay float.") @Nullable ActivationType dtype,
      @Key(value = "Range estimation of the static approach, as in model_wise.")
          @Nullable RangeAlgorithm algorithm) {}

  /** What goes back to float when the quantized file misses the criterion. */
  public record QuantizationStrategy(
      @Key(
              value =
                  "Fallback strategy: mse (return the operators with the largest output"
                      + " errors to float, as few as needed), conservative (quantize one"
                      + " operator type after the other and keep each that meets the criterion)"
                      + " or none.",
              fallback = "mse")
          FallBackStrategy name,
      @Key(
              value = "Maximum number of quantized files to evaluate.",
              fallback = "12",
              minimum = 1,
              maximum = 1000)
          int maxTrials) {}

  /** Blocks of weights that share a scale, for the approach {@code weight_only}. */
  public record WeightOnly(
      @Key(
              value = "Bits per weight.",
              fallback = "4",
              oneOf = {4, 8})
          int bits,
      @Key(
              value = "Weights per scale, along the input.",
              fallback = "32",
              oneOf = {32, 64, 128})
          int groupSize,
      @Key(value = "Symmetric levels (sym), or a zero point per block (asym).", fallback = "sym")
          Scheme scheme,
      @Key(
              value =
                  "Rounding: RTN (to the nearest level), or GPTQ (compensates rounding"
                      + " errors in later weights, on calibration examples).",
              fallback = "RTN")
          Rounding algorithm) {}

  /** What is done to the float model before it is quantized. */
  public record Recipes(
      @Key(
              value = "Apply SmoothQuant, which moves activation outliers into weights.",
              fallback = "false")
          boolean smoothQuant,
      @Key(
              value =
                  "alpha: migration strength from 0 to 1, or auto to choose one per"
                      + " activation; 0.5 by default.",
              names = "alpha",
              minimum = 0,
              maximum = 1,
              words = "auto")
          Map<String, Object> smoothQuantArgs,
      @Key(
              value = "Subtract the mean quantization error of each layer from its bias.",
              fallback = "false")
          boolean fastBiasCorrection) {
    /** Copies the map. */
    public Recipes {
      smoothQuantArgs = Map.copyOf(smoothQuantArgs);
    }
  }

  /** What holds for all operators. */
  public record ModelWise(
      @Key("Weight quantization: int8, symmetric.") WeightQuantization weight,
      @Key("Activation quantization: uint8, asymmetric.") ActivationQuantization activation) {}

  /** How weights are quantized. */
  public record WeightQuantization(
      @Key(
              value = "One scale for each output channel, or one for the whole weight.",
              fallback = "per_channel")
          Granularity granularity) {}

  /** How activations are quantized. */
  public record ActivationQuantization(
      @Key(
              value =
                  "Range estimation of the static approach: minimum and maximum, a moving"
                      + " average of these, all but 0.01% of the values (percentile), least KL"
                      + " divergence, or least squared error.",
              fallback = "minmax")
          RangeAlgorithm algorithm) {}

  /** What ranges of activations are taken from. */
  public record Calibration(
      @Key(
              value = "Number of calibration examples, sampled by the random seed.",
              fallback = "100",
              minimum = 1,
              maximum = 1e6)
          int samplingSize) {}

  /** How the exported files are measured. */
  public record Evaluation(
      @Key("Accuracy measurement.") Accuracy accuracy,
      @Key("Latency measurement.") Performance performance) {}

  /** How accuracy is measured. */
  public record Accuracy(
      @Key("Metric of the criterion, for instance accuracy; the task's own by" + " default.")
          @Nullable String metric,
      @Key("Several metrics for the criterion, instead of metric.")
          List<JudgedMetric> multiMetrics) {
    /** Copies the list. */
    public Accuracy {
      multiMetrics = List.copyOf(multiMetrics);
    }
  }

  /** One of several metrics that are judged together. */
  public record JudgedMetric(
      @Key(value = "Name of the metric.", required = true) String metric,
      @Key(
              value =
                  "Weight in the mean loss. Omit all weights to hold each metric to its"
                      + " own limit.",
              minimum = 0,
              minimumExcluded = true,
              maximum = 1e9)
          @Nullable Double weight,
      @Key(
              value =
                  "Maximum loss as a share of the metric's baseline; overrides"
                      + " tuning.accuracy_criterion.",
              minimum = 0,
              maximum = 1,
              maximumExcluded = true)
          @Nullable Double relative,
      @Key(
              value =
                  "Maximum loss in the metric's own unit; overrides"
                      + " tuning.accuracy_criterion.",
              minimum = 0)
          @Nullable Double absolute) {}

  /** How latency is measured. */
  public record Performance(
      @Key(
              value = "Warm-up requests per file, not counted.",
              fallback = "10",
              minimum = 0,
              maximum = 1e6)
          int warmup,
      @Key(value = "Counted requests per file.", fallback = "100", minimum = 1, maximum = 1e6)
          int iteration,
      @Key(value = "Examples per request.", fallback = "1", minimum = 1, maximum = 65_536)
          int batchSize,
      @Key(
              value = "Tokens per example; the default is lowered to the model's maximum.",
              fallback = "128",
              minimum = 1,
              maximum = 512)
          int sequenceLength,
      @Key(
              value = "Intra-op threads; 0 for all cores.",
              fallback = "0",
              minimum = 0,
              maximum = 4096)
          int threads) {}

  /** What counts as success. */
  public record Tuning(
      @Key(
              "Dense model: its training budget (default: that of pruning.train),"
                  + " checkpoint or metrics.")
          Baseline baseline,
      @Key("Maximum loss of the baseline's metric; relative or absolute.")
          AccuracyCriterion accuracyCriterion,
      @Key(
              value =
                  "Objective to minimize among trials that meet the criterion: modelsize"
                      + " (gzipped bytes of the exported file), performance (its p50 latency),"
                      + " density (remaining share of the pruned layers) or accuracy (the loss"
                      + " of it); modelsize by default.")
          @Nullable Objective objective,
      @Key("Several objectives, instead of objective; their weighted mean is" + " minimized.")
          List<WeightedObjective> multiObjectives,
      @Key("Search strategy.") Strategy strategy,
      @Key("Keys to vary. Omit for a single trial, as configured.")
          List<SearchDimension> searchSpace,
      @Key("End of the search.") ExitPolicy exitPolicy,
      @Key(value = "Random seed of batches, dropout, heads, scores and twins.", fallback = "42")
          long randomSeed,
      @Key("Output folder.") Workspace workspace) {
    /** Copies the list. */
    public Tuning {
      multiObjectives = List.copyOf(multiObjectives);
      searchSpace = List.copyOf(searchSpace);
    }
  }

  /** One of several objectives. */
  public record WeightedObjective(
      @Key(value = "Objective to minimize, as a share of the dense model's value.", required = true)
          Objective objective,
      @Key(
              value = "Weight in the mean of the shares.",
              fallback = "1.0",
              minimum = 0,
              minimumExcluded = true,
              maximum = 1e9)
          double weight) {}

  /** What decides which trial comes next. */
  public record Strategy(
      @Key(value = "Name of the tuning strategy.", fallback = "basic") String name,
      @Key("Parameters of the strategy.") Map<String, Object> parameters) {
    /** Copies the map. */
    public Strategy {
      parameters = Map.copyOf(parameters);
    }
  }

  /** One thing that the trials vary: a range of numbers, or a list of options. */
  public record SearchDimension(
      @Key(
              value = "Full path of the key to vary, for instance pruning.train.learning_rate.",
              required = true)
          String key,
      @Key("Lower bound of a range.") @Nullable Double low,
      @Key("Upper bound of a range.") @Nullable Double high,
      @Key(
              value = "Scale of a range: linear, or log for values that differ by factors.",
              fallback = "linear")
          Scale scale,
      @Key(
              value = "Values to choose from, instead of a range; the best guess first.",
              fallback = "[]")
          List<Object> options) {
    /** Copies the list. */
    public SearchDimension {
      options = List.copyOf(options);
    }
  }

  /** When the search ends; it also ends when the strategy has nothing more to propose. */
  public record ExitPolicy(
      @Key(
              value =
                  "Seconds after which no further trial starts; 0 for no limit. A running"
                      + " trial is completed.",
              fallback = "0",
              minimum = 0,
              maximum = 1e9)
          long timeout,
      @Key(value = "Maximum number of trials.", fallback = "100", minimum = 1, maximum = 1e6)
          int maxTrials,
      @Key(
              value =
                  "End of the search: with the first trial that meets the criterion"
                      + " (first_met), or with the budget: timeout, max_trials, or a strategy"
                      + " without further proposals.",
              fallback = "budget")
          Stop stop) {}

  /**
   * The dense model: its budget, null for the same as the pruned one's; or where it is, or how good
   * it is, and then it is not trained.
   */
  public record Baseline(
      @Key(
              value = "Passes over the training set for the dense model.",
              minimum = 0,
              minimumExcluded = true,
              maximum = 10_000)
          @Nullable Double epochs,
      @Key(
              value = "Optimizer steps for the dense model, instead of epochs.",
              minimum = 1,
              maximum = 1e9)
          @Nullable Long maxSteps,
      @Key(
              value = "Peak learning rate of the dense model; by default that of pruning.train.",
              minimum = 0,
              minimumExcluded = true,
              maximum = 1)
          @Nullable Double learningRate,
      @Key(
              value =
                  "Trained dense model to measure instead of training one: a safetensors"
                      + " file, a folder with model.safetensors, or a run directory, whose"
                      + " baseline is used.",
              base = Base.FILE_FOLDER)
          @Nullable Path checkpoint,
      @Key("Known metrics of the dense model, by name; nothing is trained or" + " measured for it.")
          Map<String, Double> metrics,
      @Key(
              value =
                  "Accept a dense model that is no better than the trivial predictor (the"
                      + " majority class, the mean, no answer); otherwise the run counts as"
                      + " missed.",
              fallback = "false")
          boolean allowTrivial) {
    /** Copies the map. */
    public Baseline {
      metrics = Map.copyOf(metrics);
    }
  }

  /** How much may be lost; exactly one is set. */
  public record AccuracyCriterion(
      @Key(
              value = "Maximum loss as a share of the baseline's metric.",
              minimum = 0,
              maximum = 1,
              maximumExcluded = true)
          @Nullable Double relative,
      @Key(value = "Maximum loss in the metric's own unit.", minimum = 0)
          @Nullable Double absolute) {}

  /** Where run directories are made. */
  public record Workspace(
      @Key(
              value = "Folder for run directories, relative to the current directory.",
              fallback = "runs",
              base = Base.WORKING_DIRECTORY)
          Path path,
      @Key(
              value =
                  "Trials whose weights and models are kept: the best and those that the"
                      + " strategy may start from, or all.",
              fallback = "best")
          Keep keep) {}

  /** What a model is trained on. */
  public enum Device {
    CPU
  }

  /** What fine-pruning starts from. */
  public enum StartFrom {
    PRETRAINED,
    BASELINE
  }

  /** What competes for being kept. */
  public enum PruneDomain {
    LOCAL,
    GROUPS,
    GLOBAL
  }

  /** What of a model is quantized, and when. */
  public enum QuantizationApproach {
    POST_TRAINING_DYNAMIC_QUANT,
    POST_TRAINING_STATIC_QUANT,
    WEIGHT_ONLY
  }

  /** How a statically quantized graph is written down. */
  public enum GraphFormat {
    QDQ,
    QOPERATOR
  }

  /** A CPU that a quantized file will run on. */
  public enum TargetCpu {
    VNNI,
    AVX2,
    THIS
  }

  /** How many scales a weight has. */
  public enum Granularity {
    PER_CHANNEL,
    PER_TENSOR
  }

  /** How an activation's range follows from the values seen. */
  public enum RangeAlgorithm {
    MINMAX,
    MOVING_AVERAGE,
    PERCENTILE,
    KL,
    MSE
  }

  /** What the weights of an operator are stored as. */
  public enum WeightType {
    INT8,
    FP32
  }

  /** What the activations of an operator are computed as. */
  public enum ActivationType {
    UINT8,
    FP32
  }

  /** What decides which operators go back to float. */
  public enum FallBackStrategy {
    MSE,
    CONSERVATIVE,
    NONE
  }

  /** Where the levels of a block of weights lie. */
  public enum Scheme {
    SYM,
    ASYM
  }

  /** How weights are rounded to the levels of their block. */
  public enum Rounding {
    @JsonProperty("RTN")
    RTN,
    @JsonProperty("GPTQ")
    GPTQ
  }

  /** What is made small among the trials that meet the criterion. */
  public enum Objective {
    MODELSIZE,
    PERFORMANCE,
    DENSITY,
    ACCURACY
  }

  /** What counts as equal distances in a range that is searched. */
  public enum Scale {
    LINEAR,
    LOG
  }

  /** What ends a search. */
  public enum Stop {
    FIRST_MET,
    BUDGET
  }

  /** Which trials' weights and models stay. */
  public enum Keep {
    BEST,
    ALL
  }
}
