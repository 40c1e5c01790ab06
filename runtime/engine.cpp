#include "runtime/engine.h"
#include <algorithm>
#include <climits>
#include <cstring>
#include <thread>
#include "common/error.h"
#include "kernels/phase_marks.h"

namespace llmc {
namespace {

// A wait inside a kernel gives up after this; the host's own patience is longer, so that the device's report arrives first.
constexpr unsigned device_wait_ms = 1000;
constexpr int patience_factor = 20;  // times the median token
// A GPU makes its slowest token in a fraction of a second. A CPU may hold a model that takes seconds a token.
constexpr std::chrono::seconds gpu_patience(2), cpu_patience(60);
// Between two looks at the ring: a sixteenth of a token, within these.
constexpr std::chrono::microseconds least_nap(20), most_nap(1000);
// Steps queued ahead keep a GPU busy while the host sleeps; they are wasted when the caller stops, so a CPU, which starts one in
// microseconds, gets few.
constexpr u32 gpu_steps_ahead = 8, cpu_steps_ahead = 2;

template <class T>
T read_once(const T& value) {
  return __atomic_load_n(&value, __ATOMIC_ACQUIRE);
}

}  // namespace

std::string mebibytes(u64 bytes) { return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20)); }

MemoryNeed memory_need(const Plan& plan, u32 ctx) {
  const bool mapped = plan.family == "x86" && !plan.extern_weights;
  return {plan.weight_bytes, plan.kv_bytes_per_position * ctx, plan.arena_bytes, mapped};
}

std::string describe(const MemoryNeed& need, u32 ctx) {
  const std::string weights = fmt::format("weights {}, ", mebibytes(need.weights));
  return fmt::format("{} ({}KV cache of {} positions {}, buffers {}){}", mebibytes(need.own()), need.mapped ? "" : weights, ctx, mebibytes(need.kv),
                     mebibytes(need.buffers), need.mapped ? fmt::format(" beside {} of weights mapped from its file", mebibytes(need.weights)) : "");
}

u32 checked_ctx(const Plan& plan, u32 asked) {
  if (asked > plan.ctx) {
    fail(Exit::usage, "-c {} is more than this program holds ({}). Use -c {} or less, or compile with --ctx {}.", asked, plan.ctx, plan.ctx, asked);
  }
  return asked == 0 ? plan.ctx : asked;
}

void check_tokens(const Plan& plan, std::span<const i32> tokens) {
  for (const i32 token : tokens) {
    if (token < 0 || static_cast<u32>(token) >= plan.shape.vocab) {
      fail(Exit::usage, "Token {} is not one of the model's {} tokens.", token, plan.shape.vocab);
    }
  }
}

bool has_phase_marks(const Plan& plan) { return plan.family != "x86" && plan.fuse == Fuse::model; }

Engine::Engine(const Plan& plan, std::unique_ptr<Device> device, std::span<const u8> code, const WeightsSource& weights, const EngineOptions& options)
    : plan_(plan), device_(std::move(device)), info_(device_->info()) {
  const u32 ctx = checked_ctx(plan_, options.ctx);
  need_ = memory_need(plan_, ctx);
  if (need_.own() > info_.memory_free) {
    const u64 fixed = need_.own() - need_.kv;
    const u64 fits = info_.memory_free > fixed ? (info_.memory_free - fixed) / std::max<u64>(1, plan_.kv_bytes_per_position) : 0;
    fail(Exit::memory, "{} has {} free, the model needs {}. {}", info_.name, mebibytes(info_.memory_free), describe(need_, ctx),
         fits >= 64 ? fmt::format("A smaller context fits: -c {}.", fits / 64 * 64) : std::string("Free some memory, or use a smaller model."));
  }
  device_->load(code);
  args_.arena = static_cast<unsigned char*>(device_->allocate(plan_.arena_bytes));
  args_.kv = static_cast<unsigned char*>(device_->allocate(need_.kv));
  args_.weights = static_cast<const unsigned char*>(weights.place(*device_, plan_));
  args_.workers = device_->workers(plan_);
  args_.ctx = static_cast<int>(ctx);
  args_.timed = options.timed;
  ring_ = device_->allocate_ring(&args_.ring);
  for (const auto* list : {&plan_.prefill, &plan_.head, &plan_.sample, &plan_.decode}) device_->prepare(*list, args_);
  device_->capture(plan_.decode, args_);
}

Engine::~Engine() = default;

std::vector<u64> Engine::phase_times() {
  require(has_phase_marks(plan_), "the times of phases of kernels without marks");
  require(args_.workers <= phase_marks::max_workers, "every worker has room for its marks");
  std::vector<u64> times(u64{args_.workers} * phase_marks::per_worker(plan_.shape.layers));
  device_->download(times.data(), buffer("times"), times.size() * sizeof(u64));
  return times;
}

u8* Engine::buffer(const char* name) const { return args_.arena + plan_.buffer(name).offset; }

void Engine::check_ids(std::span<const i32> tokens) const {
  require(!tokens.empty(), "no tokens to feed");
  require(position_ + tokens.size() <= ctx(), "more tokens than the context holds");
  check_tokens(plan_, tokens);
}

void Engine::rewind(u32 position) {
  require(position <= position_, "rewind past the end of the context");
  position_ = position;
}

void Engine::begin(i32 token, u32 position, const Request& request) {
  require(request.end_of_generation.size() <= abi::max_eog, "more tokens that end generation than the device holds");
  abi::State state = {};
  state.token = token;
  state.pos = static_cast<int>(position);
  state.finish = abi::running;
  state.remaining = request.limit < 0 ? INT_MAX : static_cast<int>(std::min<i64>(request.limit, INT_MAX));
  state.spin_limit_ms = device_wait_ms;
  state.n_eog = static_cast<int>(request.end_of_generation.size());
  std::copy(request.end_of_generation.begin(), request.end_of_generation.end(), state.eog);
  state.sampler = request.sampler;
  __atomic_store_n(&ring_->produced, 0u, __ATOMIC_RELAXED);
  __atomic_store_n(&ring_->finish, static_cast<int>(abi::running), __ATOMIC_RELAXED);
  __atomic_store_n(&ring_->fault, 0u, __ATOMIC_RELEASE);
  device_->upload(buffer("state"), &state, sizeof(state));
}

void Engine::launch(const Launch& launch, int start, int n) { device_->launch(launch, args_, launch.layer, start, n); }

std::vector<float> Engine::read_logits() {
  std::vector<float> logits(plan_.shape.vocab);
  device_->download(logits.data(), buffer("logits"), logits.size() * sizeof(float));
  return logits;
}

void Engine::feed(std::span<const i32> tokens) { feed(tokens, nullptr); }

void Engine::feed(std::span<const i32> tokens, const std::function<void(std::span<const float>)>& row) {
  check_ids(tokens);
  begin(tokens[0], position_, {});
  device_->upload(buffer("tokens") + u64{position_} * sizeof(i32), tokens.data(), tokens.size_bytes());
  for (size_t done = 0; done < tokens.size();) {
    const u32 n = static_cast<u32>(std::min<size_t>(plan_.chunk, tokens.size() - done));
    for (const Launch& step : plan_.prefill) launch(step, static_cast<int>(position_), static_cast<int>(n));
    if (row) {
      for (u32 i = 0; i < n; ++i) {
        for (const Launch& step : plan_.head) launch(step, static_cast<int>(i), 1);
        row(read_logits());
      }
    }
    position_ += n;
    last_row_ = n - 1;
    done += n;
  }
  device_->synchronize();
  check_fault();
}

Generated Engine::generate(const Request& request, const std::function<bool(i32)>& token) {
  require(position_ > 0, "generate before feed");
  Generated result;
  if (request.limit == 0) {
    result.finish = abi::limit;
    return result;
  }
  begin(0, position_, request);
  for (const Launch& step : plan_.head) launch(step, static_cast<int>(last_row_), 1);
  for (const Launch& step : plan_.sample) launch(step, 0, 1);

  // Token k is made by launch k (the first by the launch above), so the ones queued and not yet seen are `queued - seen`.
  const u64 most = request.limit < 0 ? u64{ctx()} + 1 : static_cast<u64>(request.limit);
  const u32 first_position = position_;
  u64 queued = 1;
  u32 seen = 0;
  bool go_on = true, drained = false;
  std::vector<Clock::duration> waits;  // between tokens
  const bool cpu = plan_.family == "x86";
  const u32 steps_ahead = cpu ? cpu_steps_ahead : gpu_steps_ahead;
  const Clock::duration least_patience = cpu ? cpu_patience : gpu_patience;
  Clock::duration patience = least_patience, nap = least_nap;
  Clock::time_point last = Clock::now();
  while (go_on) {
    while (!drained && queued < most && queued - seen < steps_ahead && read_once(ring_->produced) == seen) {
      device_->replay();
      ++queued;
    }
    const u32 produced = wait_for_token(seen, patience, nap);
    const Clock::time_point now = Clock::now();
    waits.push_back((now - last) / (produced - seen));
    last = now;
    if ((waits.size() & (waits.size() - 1)) == 0) {  // the median settles quickly: renewed at powers of two
      std::vector<Clock::duration> sorted = waits;
      std::nth_element(sorted.begin(), sorted.begin() + static_cast<long>(sorted.size() / 2), sorted.end());
      const Clock::duration median = sorted[sorted.size() / 2];
      patience = std::max<Clock::duration>(least_patience, patience_factor * median);
      nap = std::clamp<Clock::duration>(median / 16, least_nap, most_nap);
    }
    while (seen < produced && go_on) {
      const i32 id = ring_->tokens[seen % abi::ring_slots];
      ++seen;
      if (id < 0 || static_cast<u32>(id) >= plan_.shape.vocab) {
        fail(Exit::device, "{} sampled token {}, which the model does not have ({} tokens). The device computes wrong: run `selftest`.", info_.name, id,
             plan_.shape.vocab);
      }
      result.tokens = seen;
      go_on = token(id);
    }
    if (drained || read_once(ring_->finish) != abi::running) {
      // `finish` may be seen before the last token: once the queue is empty, `produced` is final.
      if (!drained) device_->synchronize();
      drained = true;
      if (seen == read_once(ring_->produced)) {
        const auto finish = static_cast<abi::Finish>(read_once(ring_->finish));
        if (go_on || finish == abi::end_of_generation) result.finish = finish;
        break;
      }
    }
  }
  device_->synchronize();
  check_fault();
  position_ = std::min(ctx(), first_position + result.tokens - 1);
  return result;
}

std::vector<float> Engine::step(i32 token, std::span<const Launch> launches) {
  check_ids({&token, 1});
  device_->prepare(launches, args_);
  begin(token, position_, {});
  device_->upload(buffer("tokens") + u64{position_} * sizeof(i32), &token, sizeof(token));
  for (const Launch& step : launches) launch(step, decode_start(step), 1);
  device_->synchronize();
  check_fault();
  ++position_;
  last_row_ = 0;
  return read_logits();
}

// Sleeps rather than spins: on a CPU device the waiting thread would take a core from the workers, and with steps queued ahead a GPU
// does not notice.
u32 Engine::wait_for_token(u32 seen, Clock::duration budget, Clock::duration nap) {
  // A process that was stopped (Ctrl-Z) wakes up with the clock far ahead: one look counts for little.
  constexpr Clock::duration most_of_a_look = std::chrono::milliseconds(100);
  Clock::duration waited{};
  Clock::time_point last = Clock::now();
  for (u32 round = 0;; ++round) {
    const u32 produced = read_once(ring_->produced);
    if (produced > seen) return produced;
    if (read_once(ring_->fault) != 0) check_fault();
    const Clock::time_point now = Clock::now();
    waited += std::min<Clock::duration>(now - last, most_of_a_look);
    last = now;
    if (waited > budget) hung(seen, waited);
    if (round > 64) std::this_thread::sleep_for(nap);
  }
}

void Engine::check_fault() {
  if (read_once(ring_->fault) == 0) return;
  fail(Exit::device, "{}: a wait between workgroups ran into its limit of {} ms at position {}. Something else holds the device, or it is failing: try again, then `selftest`.",
       info_.name, device_wait_ms, position_);
}

void Engine::hung(u32 seen, Clock::duration waited) {
  const unsigned fault = read_once(ring_->fault);
  // Freeing memory waits for kernels that do not end: the device is left to the end of the process.
  static_cast<void>(device_.release());
  fail(Exit::device, "{} gave no token for {:.1f} s (after {} tokens from position {}; fault flag {}). It hangs, or another process holds it. Start again; if it stays so, check the driver's log (dmesg).",
       info_.name, std::chrono::duration<double>(waited).count(), seen, position_, fault);
}

}  // namespace llmc
