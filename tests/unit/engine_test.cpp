// The engine on a device that is a few lines of C++: what is launched with which arguments, how the ring is read, how a request ends.
#include <atomic>
#include <cstring>
#include <memory>
#include <thread>
#include <gtest/gtest.h>
#include "common/error.h"
#include "runtime/engine.h"
#include "tests/unit/engine_fixture.h"

namespace llmc::test {
namespace {

struct Call {
  std::string kernel;
  int layer, start, n;
  bool operator==(const Call&) const = default;
};

// "Samples" the token position % 90, keeps abi::State as the kernels' contract says.
class FakeDevice : public Device {
 public:
  struct Log {
    std::vector<Call> calls;
    u32 replays = 0, most_ahead = 0;
  };
  enum class Mood { well, faulty, silent };

  FakeDevice(Log& log, Mood mood, u64 free) : log_(log), mood_(mood), free_(free) {}

  DeviceInfo info() const override { return {"a fake", "gfx1100", 3, free_, free_}; }
  u32 workers(const Plan& plan) const override { return 3 * plan.blocks_per_unit; }
  void* allocate(u64 bytes) override {
    memory_.push_back(std::make_unique<u8[]>(bytes));
    return memory_.back().get();
  }
  void upload(void* destination, const void* source, u64 bytes) override {
    synchronize();
    std::memcpy(destination, source, bytes);
  }
  void download(void* destination, const void* source, u64 bytes) override {
    synchronize();
    std::memcpy(destination, source, bytes);
  }
  const void* place_weights(std::span<const u8> packed) override { return packed.data(); }
  abi::Ring* allocate_ring(abi::Ring** device_address) override { return *device_address = &ring_; }
  void load(std::span<const u8>) override {}
  void prepare(std::span<const Launch>, const abi::Args&) override {}
  void launch(const Launch& launch, const abi::Args& args, int layer, int start, int n) override {
    log_.calls.push_back({launch.kernel, layer, start, n});
    if (launch.kernel != "sample") return;
    synchronize();
    sample(args, start);
  }
  void capture(std::span<const Launch>, const abi::Args& args) override { args_ = args; }
  // Steps run on another thread, some time later.
  void replay() override {
    ++log_.replays;
    log_.most_ahead = std::max<u32>(log_.most_ahead, ++queued_);
  }
  void synchronize() override {
    while (queued_ > 0) std::this_thread::yield();
  }

 private:
  void work(std::stop_token stop) {
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      if (queued_ == 0) continue;
      sample(args_, 1);
      --queued_;
    }
  }
  void sample(const abi::Args& args, int start) {
    auto* state = reinterpret_cast<abi::State*>(args.arena);
    if (state->finish != abi::running || mood_ == Mood::silent) return;
    if (mood_ == Mood::faulty) {
      state->fault = 1;
      __atomic_store_n(&ring_.fault, 1u, __ATOMIC_RELEASE);
      return;
    }
    state->pos += start;
    const int token = state->token = state->pos % 90;
    for (int i = 0; i < state->n_eog; ++i) {
      if (state->eog[i] == token) state->finish = abi::end_of_generation;
    }
    if (state->finish == abi::running && --state->remaining == 0) state->finish = abi::limit;
    if (state->finish == abi::running && state->pos >= args.ctx) state->finish = abi::context_full;
    ring_.tokens[state->produced % abi::ring_slots] = token;
    __atomic_store_n(&ring_.finish, state->finish, __ATOMIC_RELAXED);
    __atomic_store_n(&ring_.produced, ++state->produced, __ATOMIC_RELEASE);
  }

  Log& log_;
  Mood mood_;
  u64 free_;
  std::vector<std::unique_ptr<u8[]>> memory_;
  abi::Ring ring_ = {};
  abi::Args args_ = {};
  std::atomic<u32> queued_ = 0;
  std::jthread worker_{[this](std::stop_token stop) { work(stop); }};
};

struct Bench {
  FakeDevice::Log log;
  std::unique_ptr<Engine> engine;
  explicit Bench(FakeDevice::Mood mood = FakeDevice::Mood::well, u32 ctx = 0, u64 free = 1 << 30) {
    engine = std::make_unique<Engine>(small_plan(), std::make_unique<FakeDevice>(log, mood, free), std::span<const u8>(), NoWeights(), EngineOptions{ctx});
  }
  Generated generate(const Request& request, std::vector<i32>& tokens, size_t stop_after = 1000) {
    return engine->generate(request, [&](i32 token) {
      tokens.push_back(token);
      return tokens.size() < stop_after;
    });
  }
};

const std::vector<i32> five = {1, 2, 3, 4, 5};

TEST(Engine, FeedsAPromptInChunks) {
  Bench bench;
  bench.engine->feed(std::vector<i32>(20, 7));
  EXPECT_EQ(bench.log.calls, (std::vector<Call>{{"prefill_embed", -1, 0, 16}, {"prefill_attn", 0, 0, 16}, {"prefill_embed", -1, 16, 4}, {"prefill_attn", 0, 16, 4}}));
  EXPECT_EQ(bench.engine->position(), 20u);
  bench.log.calls.clear();
  std::vector<i32> tokens;
  bench.generate({greedy, 1, {}}, tokens);
  EXPECT_EQ(bench.log.calls, (std::vector<Call>{{"head_logits", -1, 3, 1}, {"sample", -1, 0, 1}}));  // the chunk's last row; no advance
  EXPECT_EQ(bench.log.replays, 0u);
}

TEST(Engine, StopsAtTheLimit) {
  Bench bench;
  bench.engine->feed(five);
  std::vector<i32> tokens;
  const Generated made = bench.generate({greedy, 10, {}}, tokens);
  EXPECT_EQ(made.finish, abi::limit);
  EXPECT_EQ(tokens, (std::vector<i32>{5, 6, 7, 8, 9, 10, 11, 12, 13, 14}));
  EXPECT_EQ(bench.engine->position(), 14u);  // the last token has no K and V
  EXPECT_EQ(bench.log.replays, 9u);
  EXPECT_LE(bench.log.most_ahead, 8u);
}

TEST(Engine, StopsAtTheEndOfGeneration) {
  Bench bench;
  bench.engine->feed(five);
  std::vector<i32> tokens;
  const Generated made = bench.generate({greedy, -1, {50, 8}}, tokens);
  EXPECT_EQ(made.finish, abi::end_of_generation);
  EXPECT_EQ(tokens.back(), 8);
  EXPECT_EQ(made.tokens, 4u);
  EXPECT_EQ(bench.engine->position(), 8u);
}

TEST(Engine, StopsWhenTheContextIsFull) {
  Bench bench(FakeDevice::Mood::well, 16);
  bench.engine->feed(five);
  std::vector<i32> tokens;
  const Generated made = bench.generate({greedy, -1, {}}, tokens);
  EXPECT_EQ(made.finish, abi::context_full);
  EXPECT_EQ(tokens.back(), 16);
  EXPECT_EQ(bench.engine->position(), 16u);
}

TEST(Engine, TheCallerMayStopAndGoOn) {
  Bench bench;
  bench.engine->feed(five);
  std::vector<i32> tokens;
  const Generated made = bench.generate({greedy, -1, {}}, tokens, 3);
  EXPECT_EQ(made.finish, abi::running);
  EXPECT_EQ(tokens, (std::vector<i32>{5, 6, 7}));
  EXPECT_EQ(bench.engine->position(), 7u);
  bench.engine->feed(std::vector<i32>{7, 30});
  tokens.clear();
  bench.generate({greedy, 2, {}}, tokens);
  EXPECT_EQ(tokens, (std::vector<i32>{9, 10}));
}

TEST(Engine, ALimitOfZeroMakesNothing) {
  Bench bench;
  bench.engine->feed(five);
  std::vector<i32> tokens;
  EXPECT_EQ(bench.generate({greedy, 0, {}}, tokens).finish, abi::limit);
  EXPECT_TRUE(tokens.empty());
}

TEST(Engine, LogitsComeRowByRow) {
  Bench bench;
  u32 rows = 0;
  bench.engine->feed(std::vector<i32>(18, 3), [&](std::span<const float> row) {
    EXPECT_EQ(row.size(), 100u);
    ++rows;
  });
  EXPECT_EQ(rows, 18u);
  EXPECT_EQ(std::count(bench.log.calls.begin(), bench.log.calls.end(), Call{"head_logits", -1, 1, 1}), 2);  // row 1 of both chunks
  bench.log.calls.clear();
  bench.engine->step(4, bench.engine->plan().decode_op);
  EXPECT_EQ(bench.log.calls.front(), (Call{"decode_embed", -1, 0, 1}));
  EXPECT_EQ(bench.log.calls.back(), (Call{"sample", -1, 1, 1}));
  EXPECT_EQ(bench.engine->position(), 19u);
}

Exit code_of(const std::function<void()>& action, std::string* message = nullptr) {
  try {
    action();
  } catch (const Error& error) {
    if (message) *message = error.what();
    return error.code();
  }
  return Exit::ok;
}

TEST(Engine, AFaultOnTheDeviceIsAnError) {
  Bench bench(FakeDevice::Mood::faulty);
  bench.engine->feed(five);
  std::vector<i32> tokens;
  EXPECT_EQ(code_of([&] { bench.generate({greedy, 3, {}}, tokens); }), Exit::device);
}

TEST(Engine, ASilentDeviceIsAnErrorAndNotAHang) {
  Bench bench(FakeDevice::Mood::silent);
  bench.engine->feed(five);
  std::vector<i32> tokens;
  std::string message;
  EXPECT_EQ(code_of([&] { bench.generate({greedy, 3, {}}, tokens); }, &message), Exit::device);
  EXPECT_NE(message.find("no token for"), std::string::npos);
}

TEST(Engine, TooLittleMemorySaysWhatFits) {
  std::string message;
  EXPECT_EQ(code_of([] { Bench(FakeDevice::Mood::well, 0, 1000); }, &message), Exit::memory);
  EXPECT_NE(message.find("Free some memory"), std::string::npos);
  const Plan plan = small_plan();
  EXPECT_EQ(memory_need(plan, 64).total(), 4096u + 2048u + 64000u);
  EXPECT_EQ(memory_need(plan, 64).own(), 4096u + 2048u + 64000u);
  Plan mapped = plan;
  mapped.family = "x86";
  EXPECT_EQ(memory_need(mapped, 64).total(), 4096u + 2048u + 64000u);
  EXPECT_EQ(memory_need(mapped, 64).own(), memory_need(mapped, 64).total() - mapped.weight_bytes);
  EXPECT_EQ(code_of([] { Bench(FakeDevice::Mood::well, 0, 70144); }), Exit::ok);
  EXPECT_EQ(code_of([] { Bench(FakeDevice::Mood::well, 0, 70143); }), Exit::memory);
}

TEST(Engine, WrongNumbersFromTheUserAreUsageErrors) {
  EXPECT_EQ(code_of([] { Bench(FakeDevice::Mood::well, 65); }), Exit::usage);
  Bench bench;
  EXPECT_EQ(code_of([&] { bench.engine->feed(std::vector<i32>{1, 100}); }), Exit::usage);
  EXPECT_EQ(code_of([&] { bench.engine->feed(std::vector<i32>{-1}); }), Exit::usage);
}

}  // namespace
}  // namespace llmc::test
