package com.example;

import dev.espalier.testkit.PrunerContract;

final class PlatonPrunerTest extends PrunerContract {
  PlatonPrunerTest() { super("platon"); }
}
