// How the stand-in for libcuda.so.1 behaves, and what it counted.
#pragma once

namespace llmc::test {

struct FakeCuda {
  int init_result = 0;
  int devices = 1;
  int capability = 90;
  int blocks_per_unit = 2;
  int synchronize_result = 0;
  bool refuse_capture = false;
  int live_allocations = 0, copies = 0, launched = 0, captured = 0, cooperative = 0, graph_launches = 0, last_start = 0;
  unsigned last_grid = 0;
};

}  // namespace llmc::test
