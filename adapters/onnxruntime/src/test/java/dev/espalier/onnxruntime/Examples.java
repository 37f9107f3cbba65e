package dev.espalier.onnxruntime;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Random sentences of mixed length. */
public final class Examples {
  private Examples() {}

  public static EncodedSet random(int examples, int longest, int vocabulary) {
    Random random = new Random(11);
    List<EncodedExample> all =
        IntStream.range(0, examples)
            .mapToObj(
                i -> {
                  int length = 1 + random.nextInt(longest);
                  return new EncodedExample(
                      random.ints(length, 0, vocabulary).toArray(),
                      random.ints(length, 0, 2).toArray(),
                      random.nextInt(2));
                })
            .toList();
    return new EncodedSet("evaluation", "random", "", List.of("no", "yes"), all);
  }

  /** The largest absolute difference between two matrices of equal shape. */
  public static double maxDifference(float[][] a, float[][] b) {
    double worst = 0;
    for (int row = 0; row < a.length; row++) {
      for (int column = 0; column < a[row].length; column++) {
        worst = Math.max(worst, Math.abs((double) a[row][column] - b[row][column]));
      }
    }
    return worst;
  }
}
