// Runs a program with limits and collects what it says. The child dies with its parent, and where a signal is noted (interrupt.h).
#pragma once
#include <string>
#include <vector>
#include "common/types.h"

namespace llmc {

struct ChildLimits {
  double seconds = 0;    // wall clock; the child is killed when they are over; its CPU time is bounded by the same. 0: none
  u64 memory_bytes = 0;  // address space; 0: none
};

struct ChildResult {
  bool started = false;  // false: `error` says why it could not be run
  bool timed_out = false;
  int exit_code = -1;  // -1: ended by `signal`
  int signal = 0;
  std::string error, out, err;

  bool ok() const { return started && exit_code == 0; }
  std::string describe() const;  // "ended by signal 11 (Segmentation fault)", "ran longer than 5 s", ...
  double seconds_allowed = 0;
};

// Error(Exit::failed) where the wait is interrupted. argv[0] is the path of the program. `environment` entries ("NAME=VALUE") replace those of this process with the same name.
ChildResult run_child(const std::vector<std::string>& argv, const std::string& input, const ChildLimits& limits,
                      const std::vector<std::string>& environment = {});

}  // namespace llmc
