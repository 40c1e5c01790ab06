#include "tests/kernels/simulation.h"

#include <sys/mman.h>

#include <boost/context/detail/fcontext.hpp>
#include <chrono>
#include <cmath>
#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

namespace llmc {
namespace {

namespace context = boost::context::detail;
using prim::HostLane;
using prim::HostTable;

constexpr size_t stack_bytes = 128 << 10;
constexpr u32 guard_bytes = 64;
constexpr u8 fresh = 0xff, guard = 0x5a;  // fresh shared memory reads as NaN

// Stacks are kept from launch to launch: their pages stay mapped.
class StackPool {
 public:
  ~StackPool() {
    for (void* stack : free_) munmap(stack, stack_bytes);
  }
  void* take() {
    if (free_.empty()) {
      void* stack = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (stack == MAP_FAILED) throw std::bad_alloc();
      return stack;
    }
    void* stack = free_.back();
    free_.pop_back();
    return stack;
  }
  void give(void* stack) { free_.push_back(stack); }

 private:
  std::vector<void*> free_;
} stacks;

enum class At { ready, wave, block, ended };

struct Wave {
  u64 values[2][64];
  u32 phase = 0, arrived = 0, site = 0;
};

struct Workgroup {
  u32 arrived = 0, ended = 0;
  std::vector<u8> shared;
  std::vector<Wave> waves;
};

struct Fiber {
  HostLane lane;  // first: HostTable::lane points to it
  Workgroup* workgroup = nullptr;
  context::fcontext_t resume = nullptr;
  void* stack = nullptr;
  At at = At::ready;
  u32 site = 0;
};

class Scheduler;
Scheduler* running = nullptr;
const HostLane* running_lane = nullptr;

class Scheduler {
 public:
  Scheduler(const SimulatedLaunch& launch, const std::function<void()>& body) : launch_(launch), body_(body) {}
  ~Scheduler() {
    for (Fiber& fiber : fibers_) {
      if (fiber.stack) stacks.give(fiber.stack);
    }
  }

  void run(u32 first_block, u32 blocks) {
    workgroups_.resize(blocks);
    fibers_.resize(size_t{blocks} * launch_.threads);
    for (u32 b = 0; b < blocks; b++) {
      Workgroup& group = workgroups_[b];
      group.shared.assign(launch_.shared + guard_bytes + 16, fresh);
      u8* shared = group.shared.data() + (-reinterpret_cast<uintptr_t>(group.shared.data()) & 15);
      std::memset(shared + launch_.shared, guard, guard_bytes);
      group.waves.resize(launch_.threads / launch_.wave);
      for (u32 t = 0; t < launch_.threads; t++) {
        Fiber& fiber = fibers_[size_t{b} * launch_.threads + t];
        fiber.lane = {t, launch_.threads, first_block + b, launch_.grid, shared};
        fiber.workgroup = &group;
        fiber.stack = stacks.take();
        fiber.resume = context::make_fcontext(static_cast<u8*>(fiber.stack) + stack_bytes, stack_bytes, enter);
        queue_.push_back(&fiber);
      }
    }
    running = this;
    while (!queue_.empty() && fault_.empty()) {
      current_ = queue_.front();
      queue_.pop_front();
      running_lane = &current_->lane;
      current_->resume = context::jump_fcontext(current_->resume, nullptr).fctx;
    }
    running = nullptr;
    if (fault_.empty()) check_ends();
    if (!fault_.empty()) throw std::runtime_error(fault_);
  }

  const u64* exchange(u64 value, u32 wave_size, u32 site) {
    Fiber& fiber = *current_;
    Wave& wave = fiber.workgroup->waves[fiber.lane.thread / wave_size];
    if (wave.arrived == 0) wave.site = site;
    if (wave.site != site) {
      fail(fmt::format("lanes of a wave diverge: thread {} of workgroup {} is at {}, another at {}", fiber.lane.thread, fiber.lane.block,
                       operation(site), operation(wave.site)));
    }
    u64* values = wave.values[wave.phase];
    values[fiber.lane.thread % wave_size] = value;
    if (++wave.arrived < wave_size) {
      wait(At::wave, site);
    } else {
      wave.arrived = 0;
      wave.phase ^= 1;  // values stay until all lanes have read them and come to the operation after the next
      release(At::wave, fiber.lane.thread / wave_size * wave_size, wave_size);
    }
    return values;
  }

  void sync_block() {
    Workgroup& group = *current_->workgroup;
    if (++group.arrived < launch_.threads) {
      wait(At::block, 0);
    } else {
      group.arrived = 0;
      release(At::block, 0, launch_.threads);
    }
  }

  void yield() {
    queue_.push_back(current_);
    leave();
  }

 private:
  static const char* operation(u32 site) {
    constexpr const char* names[] = {"a wave operation", "sync_wave", "shfl_xor", "shfl", "ballot", "load_matrices", "load_transposed"};
    return names[site < std::size(names) ? site : 0];
  }

  static void enter(context::transfer_t from) {
    Scheduler& self = *running;
    self.main_ = from.fctx;
    self.body_();
    Fiber& fiber = *self.current_;
    fiber.at = At::ended;
    fiber.workgroup->ended++;
    self.leave();
  }

  void leave() { main_ = context::jump_fcontext(main_, nullptr).fctx; }

  void wait(At at, u32 site) {
    current_->at = at;
    current_->site = site;
    leave();
  }

  void release(At at, u32 first, u32 count) {
    Fiber* fibers = current_ - current_->lane.thread + first;
    for (u32 i = 0; i < count; i++) {
      if (&fibers[i] == current_ || fibers[i].at != at) continue;
      fibers[i].at = At::ready;
      queue_.push_back(&fibers[i]);
    }
  }

  // The fiber never runs again: its stack is given back as it stands.
  void fail(const std::string& fault) {
    fault_ = fault;
    leave();
  }

  void check_ends() {
    for (const Fiber& fiber : fibers_) {
      if (fiber.at == At::ended) continue;
      fault_ = fmt::format("thread {} of workgroup {} waits for ever at {}: {} of its workgroup's threads have ended", fiber.lane.thread,
                           fiber.lane.block, fiber.at == At::block ? "sync_block" : operation(fiber.site), fiber.workgroup->ended);
      return;
    }
    for (Fiber& fiber : fibers_) {
      for (u32 i = 0; i < guard_bytes; i++) {
        if (fiber.lane.shared[launch_.shared + i] == guard) continue;
        fault_ = fmt::format("workgroup {} wrote past its {} bytes of shared memory", fiber.lane.block, launch_.shared);
        return;
      }
    }
  }

  const SimulatedLaunch& launch_;
  const std::function<void()>& body_;
  std::vector<Workgroup> workgroups_;
  std::vector<Fiber> fibers_;
  std::deque<Fiber*> queue_;
  Fiber* current_ = nullptr;
  context::fcontext_t main_ = nullptr;
  std::string fault_;
};

}  // namespace

void simulate(const SimulatedLaunch& launch, const std::function<void()>& body) {
  if (launch.resident) {
    Scheduler(launch, body).run(0, launch.grid);
  } else {
    for (u32 block = 0; block < launch.grid; block++) Scheduler(launch, body).run(block, 1);
  }
}

const HostTable& simulation_table() {
  static const HostTable table = {
      &running_lane,
      [](u64 value, u32 wave, u32 site) { return running->exchange(value, wave, site); },
      [] { running->sync_block(); },
      [] { running->yield(); },
      [] { return static_cast<u64>(std::chrono::steady_clock::now().time_since_epoch().count()); },
      [](f32 x) { return std::exp2(x); },
      [](f32 x) { return std::log2(x); },
      [](f32 x) { return std::sin(x); },
      [](f32 x) { return std::cos(x); },
  };
  return table;
}

}  // namespace llmc
