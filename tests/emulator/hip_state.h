// The state behind the stand-in for HIP's library: one card, its memory, modules, streams and graphs.
//
// HIP's work is asynchronous; here a launch runs to its end before the call returns, which is an order that asynchronous work may have.
// The program's loop that reads its pinned ring while a graph runs finds the tokens already there.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>
#include "tests/emulator/scheduler.h"

// Everything exported has C linkage and this attribute; the rest of the library stays hidden.
#define LLMC_HIP_API extern "C" __attribute__((visibility("default")))

namespace llmc::emu {

// hipError_t, as numbered by HIP.
enum HipError : int {
  hip_success = 0,
  hip_invalid_value = 1,
  hip_out_of_memory = 2,
  hip_no_device = 100,
  hip_invalid_device = 101,
  hip_invalid_image = 200,
  hip_invalid_handle = 400,
  hip_not_found = 500,
  hip_launch_timed_out = 702,
  hip_launch_failure = 719,
  hip_capture_unsupported = 900,
  hip_unknown = 999,
};

struct HipFunction {
  LoadedCode* code;
  const Kernel* kernel;
};

struct HipLaunch {
  const HipFunction* function;
  LaunchShape shape;
  std::vector<u8> arguments;
};

using HipGraph = std::vector<HipLaunch>;

struct HipStream {
  std::unique_ptr<HipGraph> capturing;
};

struct Hip {
  explicit Hip(const MachineOptions& options);
  // The process's one card, opened by the first call from the environment.
  static Hip& get();

  MachineOptions options;
  Card card;
  Allocations memory;
  Scheduler scheduler;
  std::deque<std::unique_ptr<LoadedCode>> modules;
  std::deque<HipFunction> functions;
  std::recursive_mutex mutex;
  int fault = hip_success;  // after a faulted launch every call says so, as on a card

  std::vector<AllocationTotals> freed;  // what was counted of allocations that are gone

  int launch(const HipLaunch& launch);
  bool free(u64 address);
  // Programs may leave without running exit handlers, so this is called when a module is unloaded and after a fault.
  void write_counts() const;
};

// Runs `body` under the lock; what it throws becomes words on standard error and an error code.
int guarded(const std::function<int(Hip&)>& body);

}  // namespace llmc::emu
