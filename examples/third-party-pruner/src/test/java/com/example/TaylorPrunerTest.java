package com.example;

import dev.espalier.testkit.PrunerContract;

final class TaylorPrunerTest extends PrunerContract {
  TaylorPrunerTest() { super("taylor"); }
}
