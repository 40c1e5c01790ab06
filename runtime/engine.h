// Drives a device through the plan: allocates the buffers, places the weights, feeds prompts and runs the decode loop. Knows no model.
//
// A request is feed() then generate(). Decode steps are queued ahead of the host (at most eight); the device writes each token
// into a pinned ring, which the host reads behind it. Everything a step needs lives on the device (abi::State), so that no step waits
// for the host. A step queued past the end of a request returns at once.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>
#include "common/types.h"
#include "compiler/plan/plan.h"
#include "kernels/abi.h"
#include "runtime/device/device.h"
#include "runtime/weights_source.h"

namespace llmc {

struct MemoryNeed {
  u64 weights = 0, kv = 0, buffers = 0;  // bytes
  bool mapped = false;                   // a CPU reads the weights from the mapped file: the page cache's memory, not the program's own
  u64 total() const { return weights + kv + buffers; }           // the same meaning on every processor: what tables and JSON report
  u64 own() const { return (mapped ? 0 : weights) + kv + buffers; }  // what must be free
};
MemoryNeed memory_need(const Plan& plan, u32 ctx);
std::string describe(const MemoryNeed& need, u32 ctx);  // "24.0 MiB (weights 6.1 MiB, KV cache ...)"
std::string mebibytes(u64 bytes);
// The positions of a KV cache for which `asked` was given (0: the plan's). Error(usage) where that is more than the plan's.
u32 checked_ctx(const Plan& plan, u32 asked);

// Error(usage) where one is not in the model's vocabulary.
void check_tokens(const Plan& plan, std::span<const i32> tokens);

bool has_phase_marks(const Plan& plan);  // its kernels can note when their phases begin

struct EngineOptions {
  u32 ctx = 0;  // positions of the KV cache; 0: the plan's
  bool timed = false;  // decode steps note the times of their phases
};

// Greedy, with every other sampler off.
constexpr abi::Sampler greedy = {.temp = 0, .top_p = 1, .min_p = 0, .repeat_penalty = 1, .presence_penalty = 0, .frequency_penalty = 0,
                                 .top_k = 0, .repeat_last_n = 0, .seed = 0};

struct Request {
  abi::Sampler sampler = greedy;
  i64 limit = -1;                     // tokens to make; -1: until the context is full
  std::vector<i32> end_of_generation;  // at most abi::max_eog
};

struct Generated {
  abi::Finish finish = abi::running;  // `running`: the caller stopped it
  u32 tokens = 0;                     // handed to the caller, the token that ended generation included
};

class Engine {
 public:
  // Error(memory) with need and free where it does not fit; Error(usage) where options.ctx is more than the plan's.
  // `code`: what choose_code() chose.
  Engine(const Plan& plan, std::unique_ptr<Device> device, std::span<const u8> code, const WeightsSource& weights, const EngineOptions& options);
  ~Engine();

  const Plan& plan() const { return plan_; }
  const DeviceInfo& device() const { return info_; }
  const MemoryNeed& need() const { return need_; }
  u32 ctx() const { return static_cast<u32>(args_.ctx); }
  u32 workers() const { return args_.workers; }
  u32 position() const { return position_; }  // tokens whose K and V are in the cache

  // Forgets every position from `position` on.
  void rewind(u32 position);
  // Computes K and V of `tokens` at position(), position() + 1, ... Leaves their last row of activations for sampling. Returns when the
  // device is done. `tokens` must fit in ctx() and must not be empty.
  void feed(std::span<const i32> tokens);
  // The same, and `row` gets the logits [vocab] of every position, one after the other.
  void feed(std::span<const i32> tokens, const std::function<void(std::span<const float> row)>& row);
  // After feed(): samples and decodes; `token` is called on each as it arrives and returns whether to go on.
  // After it, position() counts the prompt and every token handed over but the last, whose K and V do not exist yet.
  Generated generate(const Request& request, const std::function<bool(i32 token)>& token);

  // What the last decode step noted, [worker][phases][marks] (kernels/phase_marks.h). Of a plan that has_phase_marks(), and a `timed` engine.
  std::vector<u64> phase_times();
  // One decode step of `token` at position() by `launches` (plan().decode or decode_op), without sampling ahead: its logits.
  std::vector<float> step(i32 token, std::span<const Launch> launches);

 private:
  using Clock = std::chrono::steady_clock;

  u8* buffer(const char* name) const;
  void check_ids(std::span<const i32> tokens) const;
  void begin(i32 token, u32 position, const Request& request);  // writes abi::State and empties the ring
  void launch(const Launch& launch, int start, int n);
  std::vector<float> read_logits();
  u32 wait_for_token(u32 seen, Clock::duration budget, Clock::duration nap);  // returns Ring::produced > seen
  void check_fault();
  [[noreturn]] void hung(u32 seen, Clock::duration waited);

  Plan plan_;
  std::unique_ptr<Device> device_;
  DeviceInfo info_;
  MemoryNeed need_;
  abi::Args args_ = {};
  abi::Ring* ring_ = nullptr;
  u32 position_ = 0;
  u32 last_row_ = 0;  // row of the activations that holds the last token fed
};

}  // namespace llmc
