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
    @Key("What is compressed.") Model model,
    @Key(value = "Where the model is trained.", fallback = "cpu", unsupported = "gpu")
        Device device,
    @Key("What the model is trained and judged on.") Data data,
    @Key("How the model is pruned.") Pruning pruning,
    @Key(
            value =
                "Whose answers the model learns while it is pruned, beside the true ones; without"
                    + " it, these alone.",
            optionalSection = true)
        @Nullable Distillation distillation,
    @Key(
            value = "How the model is quantized after training; without it, it is not.",
            optionalSection = true)
        @Nullable Quantization quantization,
    @Key("How the exported files are measured.") Evaluation evaluation,
    @Key("What counts as success, and what stays fixed.") Tuning tuning) {

  /** What is compressed. */
  public record Model(
      @Key(
              value = "Names the run's folder and the model card.",
              required = true,
              pattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
          String name,
      @Key(
              value =
                  "The model that training starts from: a name, a folder as in ./model, or a TorchScript file as in ./model.pt.",
              required = true,
              base = Base.FILE_FOLDER)
          String checkpoint) {}

  /** Training and evaluation data. */
  public record Data(
      @Key(
              value = "The task, for instance sst-2, squad, csv or the synthetic sentiment-twin.",
              required = true)
          String task,
      @Key(
              value =
                  "Training file, relative to the YAML file's folder, or a data set of the hub such"
                      + " as hf-dataset:glue/sst2.",
              base = Base.FILE)
          @Nullable String train,
      @Key(
              value =
                  "Examples that ranges of activations are taken from, in a file of their own;"
                      + " without it, training examples.",
              base = Base.FILE)
          @Nullable String calibration,
      @Key(value = "Evaluation file, or a data set of the hub.", base = Base.FILE)
          @Nullable String evaluation,
      @Key(
              value = "The second evaluation file of mnli, of genres that are not trained on.",
              base = Base.FILE)
          @Nullable String evaluationMismatched,
      @Key(
              value =
                  "Rows of the training file to use, paragraphs for squad, from 1: \"1-200\", or"
                      + " \"201-\" for the rest.",
              pattern = "[1-9]\\d{0,8}-([1-9]\\d{0,8})?")
          @Nullable String trainPart,
      @Key(
              value = "Rows or paragraphs of the calibration file to use, written alike.",
              pattern = "[1-9]\\d{0,8}-([1-9]\\d{0,8})?")
          @Nullable String calibrationPart,
      @Key(
              value = "Rows or paragraphs of the evaluation file to use, written alike.",
              pattern = "[1-9]\\d{0,8}-([1-9]\\d{0,8})?")
          @Nullable String evaluationPart,
      @Key("Where the tasks csv, tsv and jsonl find text and label.") Columns columns,
      @Key(
              value =
                  "Classes of csv, tsv and jsonl in the order of their index; empty for those of the"
                      + " training file in alphabetical order.",
              fallback = "[]")
          List<String> labels,
      @Key(
              value = "Training examples that a twin generates; 0 for its default.",
              fallback = "0",
              minimum = 0,
              maximum = 1e9)
          int trainExamples,
      @Key(
              value = "Evaluation examples that a twin generates; 0 for its default.",
              fallback = "0",
              minimum = 0,
              maximum = 1e9)
          int evaluationExamples,
      @Key(
              value = "Longest input in tokens, special tokens included.",
              fallback = "128",
              minimum = 8,
              maximum = 512)
          int maxSequenceLength,
      @Key(
              value = "Tokens from the beginning of one window over a long paragraph to the next.",
              fallback = "128",
              minimum = 1,
              maximum = 512)
          int docStride,
      @Key(
              value = "Longest question in tokens; the rest is cut off.",
              fallback = "64",
              minimum = 1,
              maximum = 512)
          int maxQueryLength,
      @Key(
              value = "How many of the likeliest first and last tokens of an answer are looked at.",
              fallback = "20",
              minimum = 1,
              maximum = 512)
          int nBestSize,
      @Key(value = "Longest answer in tokens.", fallback = "30", minimum = 1, maximum = 512)
          int maxAnswerLength,
      @Key(
              value =
                  "Of squad-v2: no answer is given when it is likelier than the best one by more than"
                      + " this, in logits.",
              fallback = "0.0")
          double nullScoreDiffThreshold) {
    /** Copies the list. */
    public Data {
      labels = List.copyOf(labels);
    }
  }

  /** Columns, by their names in the file's first line, or keys of each line's object. */
  public record Columns(
      @Key("Column with the text, or with the first of two.") @Nullable String text,
      @Key("Column with the second text of a pair.") @Nullable String textPair,
      @Key("Column with the class.") @Nullable String label,
      @Key("Column with a number to predict, instead of a class.") @Nullable String value) {}

  /** How the model is pruned. */
  public record Pruning(
      @Key("How the model is trained while it is pruned.") Train train,
      @Key("What is removed, and when.") Approach approach) {}

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
                  "Peak learning rate of a pruner's scores; without effect under movement with a"
                      + " constant score_init.",
              fallback = "1.0e-2",
              minimum = 0,
              minimumExcluded = true,
              maximum = 1000,
              search = "1e-3, 1e-1, log")
          double scoreLearningRate,
      @Key(
              value = "Decoupled weight decay of matrices; biases and norms have none.",
              fallback = "0.0",
              minimum = 0,
              maximum = 1)
          double weightDecay,
      @Key(
              value =
                  "Stretch over which the learning rates rise: steps, epochs such as \"2 epochs\","
                      + " or a share of the run such as \"10%\".",
              fallback = "\"10%\"")
          Amount warmup,
      @Key(
              value = "Global L2 norm that gradients are clipped to.",
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
      @Key(
              value = "Whether fine-pruning starts from the pretrained model or the baseline.",
              fallback = "pretrained")
          StartFrom startFrom,
      @Key(
              value =
                  "Stretch after which the training's state is kept for espalier resume: steps,"
                      + " epochs or a share of the run; 0 for never.",
              fallback = "\"10%\"")
          Amount checkpointEvery) {}

  /** What is removed. */
  public record Approach(@Key("Removal of weights.") WeightCompression weightCompression) {}

  /** How many weights are removed, and when. */
  public record WeightCompression(
      @Key(
              value = "Share of the weights removed at the beginning.",
              fallback = "0.0",
              minimum = 0,
              maximum = 1,
              maximumExcluded = true)
          double initialSparsity,
      @Key(
              value =
                  "Share of the weights removed at the end, of each scope; or what lambda is steered"
                      + " to.",
              minimum = 0,
              maximum = 1,
              maximumExcluded = true,
              search = "0.5, 0.97")
          @Nullable Double targetSparsity,
      @Key(
              value =
                  "Stretch before the schedule starts: multiples of the warm-up, or \"500 steps\","
                      + " \"2 epochs\" or \"10%\".",
              fallback = "1",
              minimum = 0,
              maximum = 1000)
          Stretch initialWarmup,
      @Key(
              value =
                  "Stretch after the schedule ended: multiples of the warm-up, or \"500 steps\","
                      + " \"2 epochs\" or \"10%\".",
              fallback = "2",
              minimum = 0,
              maximum = 1000)
          Stretch finalWarmup,
      @Key(
              value = "What decides which weights are removed; exactly one for now.",
              required = true,
              entries = 1)
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
              value = "Globs over the names of the prunable parameters.",
              fallback = "[\"*.layer.*.weight\"]")
          List<String> names,
      @Key(value = "Globs over the names of what stays dense.", fallback = "[]")
          List<String> excludedNames,
      @Key(
              value =
                  "What is removed together: 1x1 (single weights), RxC (blocks of R outputs by C"
                      + " inputs), N:M (at most N removed of each M along the input), ffn_pairs (a"
                      + " row and the column it feeds) or heads.",
              fallback = "1x1")
          String pattern,
      @Key(
              value =
                  "What competes for being kept: local (each matrix by itself), groups (attention"
                      + " and feed-forward) or global.",
              fallback = "local")
          PruneDomain pruneDomain,
      @Key("The pruner's own parameters.") Map<String, Object> parameters) {
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
                  "The teacher: baseline, the run's own dense model, or a checkpoint that was"
                      + " fine-tuned for the same task.",
              fallback = Distillation.BASELINE,
              base = Base.FILE_FOLDER)
          String teacher,
      @Key(
              value =
                  "What the logits of both are divided by; a higher one shows more of what the"
                      + " teacher thinks of the wrong classes.",
              fallback = "2.0",
              minimum = 0,
              minimumExcluded = true,
              maximum = 100,
              search = "1, 10, log")
          double temperature,
      @Key(
              value = "Weight of the distance to the teacher's answers.",
              fallback = "0.9",
              minimum = 0,
              maximum = 1000,
              search = "0, 1")
          double alphaDistil,
      @Key(
              value = "Weight of the true answers.",
              fallback = "0.1",
              minimum = 0,
              maximum = 1000,
              search = "0, 1")
          double alphaCe,
      @Key(
              value =
                  "Weight of the mean squared distance to the teacher's hidden states, which then"
                      + " are computed in each step; 0 for answers alone.",
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
                  "How the exported model is quantized: activations at run time, by calibrated"
                      + " ranges, or not at all (weight_only: matrices in blocks, products in"
                      + " float).",
              fallback = "post_training_dynamic_quant")
          QuantizationApproach approach,
      @Key(
              value =
                  "How the static approach writes the graph down: float operators between"
                      + " QuantizeLinear and DequantizeLinear, or integer operators.",
              fallback = "qdq")
          GraphFormat format,
      @Key("How weights and activations are quantized.") ModelWise modelWise,
      @Key("What ranges of activations are taken from, for the static approach.")
          Calibration calibration,
      @Key("Blocks of the approach weight_only.") WeightOnly weightOnly,
      @Key("What is done to the float model before it is quantized.") Recipes recipes,
      @Key(
              value =
                  "Where the file will run: a CPU with VNNI, one with AVX2 alone, or this machine."
                      + " Decides reduce_range.",
              fallback = "vnni")
          TargetCpu targetCpu,
      @Key(
              value =
                  "Keeps weights to 7 bits, without which CPUs that lack VNNI saturate now and then;"
                      + " by default where target_cpu lacks VNNI.")
          @Nullable Boolean reduceRange,
      @Key(
              value = "Types of ONNX operators that are quantized.",
              fallback = "[MatMul, Gemm, Gather, Conv, Add, Mul, Attention]",
              each = OperatorTypes.class)
          List<String> opTypes,
      @Key(
              value = "Globs over the names of ONNX nodes and of their weights that stay float.",
              fallback = "[]")
          List<String> excludedNames,
      @Key("Exceptions from model_wise for types of operators, the later over the earlier.")
          List<OpTypeWise> optypeWise,
      @Key("Exceptions for single operators, over those for types.") List<OpWise> opWise,
      @Key("What goes back to float when the quantized file misses the criterion.")
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
      @Key("How their weights are quantized.") OpWeight weight,
      @Key("How their activations are quantized.") OpActivation activation) {
    /** Copies the list. */
    public OpTypeWise {
      opTypes = List.copyOf(opTypes);
    }
  }

  /** An exception for single operators. */
  public record OpWise(
      @Key(value = "Names or globs of ONNX nodes or of their weights.", required = true)
          List<String> names,
      @Key("How their weights are quantized.") OpWeight weight,
      @Key("How their activations are quantized.") OpActivation activation) {
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
      @Key(value = "How the static approach finds a range, as in model_wise.")
          @Nullable RangeAlgorithm algorithm) {}

  /** What goes back to float when the quantized file misses the criterion. */
  public record QuantizationStrategy(
      @Key(
              value =
                  "What decides which operators stay float: mse (when the criterion is missed, those"
                      + " whose outputs err most go back, as few as it takes), conservative (one"
                      + " type of operator after the other is quantized and stays so if the"
                      + " criterion holds) or none.",
              fallback = "mse")
          FallBackStrategy name,
      @Key(
              value = "The largest number of quantized files that are evaluated to decide that.",
              fallback = "12",
              minimum = 1,
              maximum = 1000)
          int maxTrials) {}

  /** Blocks of weights that share a scale, for the approach {@code weight_only}. */
  public record WeightOnly(
      @Key(
              value = "Bits of a weight.",
              fallback = "4",
              oneOf = {4, 8})
          int bits,
      @Key(
              value = "Weights of an output that share a scale.",
              fallback = "32",
              oneOf = {32, 64, 128})
          int groupSize,
      @Key(
              value =
                  "Whether 0 is the middle of the levels (sym), or each block has a zero point.",
              fallback = "sym")
          Scheme scheme,
      @Key(
              value =
                  "RTN rounds to the nearest level; GPTQ lets later weights make up for the error,"
                      + " on calibration examples.",
              fallback = "RTN")
          Rounding algorithm) {}

  /** What is done to the float model before it is quantized. */
  public record Recipes(
      @Key(value = "SmoothQuant: moves outliers of activations into weights.", fallback = "false")
          boolean smoothQuant,
      @Key(
              value =
                  "alpha: how much of them, from 0 to 1, or auto to choose for each activation; 0.5 by"
                      + " default.",
              names = "alpha",
              minimum = 0,
              maximum = 1,
              words = "auto")
          Map<String, Object> smoothQuantArgs,
      @Key(value = "Takes the mean error of each layer out of its bias.", fallback = "false")
          boolean fastBiasCorrection) {
    /** Copies the map. */
    public Recipes {
      smoothQuantArgs = Map.copyOf(smoothQuantArgs);
    }
  }

  /** What holds for all operators. */
  public record ModelWise(
      @Key("How weights are quantized: int8, symmetric.") WeightQuantization weight,
      @Key("How activations are quantized: uint8, asymmetric.")
          ActivationQuantization activation) {}

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
                  "How the static approach finds a range: the least and largest value, a moving"
                      + " average of these, all but 0.01% of the values, the least loss of"
                      + " information (kl), or the least squared error.",
              fallback = "minmax")
          RangeAlgorithm algorithm) {}

  /** What ranges of activations are taken from. */
  public record Calibration(
      @Key(
              value = "Training examples that calibration looks at, chosen by the random seed.",
              fallback = "100",
              minimum = 1,
              maximum = 1e6)
          int samplingSize) {}

  /** How the exported files are measured. */
  public record Evaluation(
      @Key("How accuracy is measured.") Accuracy accuracy,
      @Key("How latency is measured.") Performance performance) {}

  /** How accuracy is measured. */
  public record Accuracy(
      @Key("Name of the metric that is judged, for instance accuracy; the task's own by default.")
          @Nullable String metric,
      @Key("Several metrics that are judged together, instead of metric.")
          List<JudgedMetric> multiMetrics) {
    /** Copies the list. */
    public Accuracy {
      multiMetrics = List.copyOf(multiMetrics);
    }
  }

  /** One of several metrics that are judged together. */
  public record JudgedMetric(
      @Key(value = "Name of a metric; whether higher is better, it knows itself.", required = true)
          String metric,
      @Key(
              value =
                  "Its weight in the mean of what is lost; without weights each metric must keep to"
                      + " its own limit.",
              minimum = 0,
              minimumExcluded = true,
              maximum = 1e9)
          @Nullable Double weight,
      @Key(
              value =
                  "Share of its baseline that may be lost, instead of what"
                      + " tuning.accuracy_criterion says for all.",
              minimum = 0,
              maximum = 1,
              maximumExcluded = true)
          @Nullable Double relative,
      @Key(value = "What may be lost of it in its own unit, instead.", minimum = 0)
          @Nullable Double absolute) {}

  /** How latency is measured. */
  public record Performance(
      @Key(
              value = "Requests to each file before counting.",
              fallback = "10",
              minimum = 0,
              maximum = 1e6)
          int warmup,
      @Key(value = "Counted requests to each file.", fallback = "100", minimum = 1, maximum = 1e6)
          int iteration,
      @Key(value = "Examples per request.", fallback = "1", minimum = 1, maximum = 65_536)
          int batchSize,
      @Key(
              value =
                  "Tokens per example; the default is lowered to the positions that the model has.",
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
      @Key("The dense model's own training budget; by default that of pruning.train.")
          Baseline baseline,
      @Key("How much of the baseline's metric may be lost; relative or absolute.")
          AccuracyCriterion accuracyCriterion,
      @Key(
              value =
                  "What is made small among the trials that meet the criterion: modelsize (gzipped"
                      + " bytes of the file that ships), performance (its p50 latency), density (share of the pruned"
                      + " layers that is left) or accuracy (what is lost of it); modelsize by default.")
          @Nullable Objective objective,
      @Key("Several objectives, of which the weighted mean is made small, instead of objective.")
          List<WeightedObjective> multiObjectives,
      @Key("What decides which trial comes next.") Strategy strategy,
      @Key("What the trials vary; without it there is one trial, as configured.")
          List<SearchDimension> searchSpace,
      @Key("When the search ends.") ExitPolicy exitPolicy,
      @Key(value = "Decides batches, dropout, heads, scores and twins.", fallback = "42")
          long randomSeed,
      @Key("Where run directories are made.") Workspace workspace) {
    /** Copies the list. */
    public Tuning {
      multiObjectives = List.copyOf(multiObjectives);
      searchSpace = List.copyOf(searchSpace);
    }
  }

  /** One of several objectives. */
  public record WeightedObjective(
      @Key(value = "What is made small, as a share of the dense model's value.", required = true)
          Objective objective,
      @Key(
              value = "Its weight in the mean of the shares.",
              fallback = "1.0",
              minimum = 0,
              minimumExcluded = true,
              maximum = 1e9)
          double weight) {}

  /** What decides which trial comes next. */
  public record Strategy(
      @Key(value = "Name of the tuning strategy.", fallback = "basic") String name,
      @Key("The strategy's own parameters.") Map<String, Object> parameters) {
    /** Copies the map. */
    public Strategy {
      parameters = Map.copyOf(parameters);
    }
  }

  /** One thing that the trials vary: a range of numbers, or a list of options. */
  public record SearchDimension(
      @Key(
              value =
                  "The key that is varied, with the keys around it, for instance"
                      + " pruning.train.learning_rate.",
              required = true)
          String key,
      @Key("The smallest number of a range.") @Nullable Double low,
      @Key("The largest number of a range.") @Nullable Double high,
      @Key(
              value = "Whether equal differences or equal factors count as equal distances.",
              fallback = "linear")
          Scale scale,
      @Key(value = "What to choose from instead of a range, the best guess first.", fallback = "[]")
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
                  "Seconds after which no further trial begins, 0 for no limit; a running trial is"
                      + " finished.",
              fallback = "0",
              minimum = 0,
              maximum = 1e9)
          long timeout,
      @Key(value = "The largest number of trials.", fallback = "100", minimum = 1, maximum = 1e6)
          int maxTrials,
      @Key(
              value =
                  "Whether the first trial that meets the criterion ends the search, or only the"
                      + " budget does: timeout, max_trials, or a strategy with nothing more to try.",
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
              value = "Peak learning rate for the dense model; pruning often wants a higher one.",
              minimum = 0,
              minimumExcluded = true,
              maximum = 1)
          @Nullable Double learningRate,
      @Key(
              value =
                  "A dense model that is measured instead of trained: a safetensors file, a folder"
                      + " with model.safetensors, or the directory of a run, whose baseline is"
                      + " taken.",
              base = Base.FILE_FOLDER)
          @Nullable Path checkpoint,
      @Key(
              "Metrics of a dense model that is not at hand, by name: nothing is trained or measured"
                  + " for it.")
          Map<String, Double> metrics,
      @Key(
              value =
                  "Accept a dense model that is no better than the trivial predictor (the commonest"
                      + " class, the mean, no answer); otherwise the run counts as missed.",
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
              value = "Share of the baseline's metric that may be lost.",
              minimum = 0,
              maximum = 1,
              maximumExcluded = true)
          @Nullable Double relative,
      @Key(value = "What may be lost, in the metric's own unit.", minimum = 0)
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
                  "Which trials' weights and models stay: those of the best and of what the strategy"
                      + " may start from, or all.",
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
