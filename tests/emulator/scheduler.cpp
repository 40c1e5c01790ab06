#include "tests/emulator/scheduler.h"
#include <algorithm>
#include <numeric>
#include "common/error.h"

namespace llmc::emu {
namespace {

constexpr u64 least_slice = 200, more_slice = 800;  // instructions a wave runs before the next
constexpr u64 most_stressed_slice = 60;
// Rounds over all waves, each of which slept or waited, without a store by anybody.
constexpr u32 idle_rounds = 2000;
// Slices without a store, a barrier or an end of a wave, though waves run: a spin loop without s_sleep.
constexpr u64 fruitless_slices = 400'000;
constexpr u8 fresh_lds = 0xff;  // NaN as a float, -1 as an integer

}  // namespace

struct Scheduler::Running {
  LoadedCode& code;
  const Kernel& kernel;
  const LaunchShape& shape;
  LaunchMemory memory;
  KernelCounts& counts;
  u32 waves_of_group = 0;
  u32 registers = 0, accum_offset = 0;
  std::vector<u32> waiting;                            // workgroups that have not started, the next one last
  std::vector<std::unique_ptr<ResidentGroup>> places;  // resident ones
  u64 passed = 0;                                      // barriers completed and waves ended
};

LoadedCode::LoadedCode(const void* image, Allocations& memory, const Card& card) : object(image, memory) {
  if (object.arch() != card.arch()) fail(Exit::bad_input, "The code object is for {}, the card is {}.", object.arch(), card.arch());
  u32 wave_size = card.target().wave;
  for (const auto& [name, kernel] : object.kernels()) wave_size = kernel.wave_size;
  for (const auto& [name, kernel] : object.kernels()) {
    if (kernel.wave_size != wave_size) fail(Exit::unsupported, "The code object mixes waves of 32 and of 64 lanes ({}).", name);
  }
  program = std::make_unique<Program>(object.arch(), wave_size, object.text().data(), object.text().size());
}

Scheduler::Scheduler(const Card& card, const MachineOptions& options, Allocations& allocations)
    : card_(card),
      options_(options),
      allocations_(allocations),
      races_(options.races == RaceMode::off ? nullptr : std::make_unique<RaceDetector>(options.races)),
      counter_(options.counts_file.empty() ? nullptr : std::make_unique<AccessCounter>(allocations)),
      memory_(allocations, races_.get(), counter_.get()),
      random_(options.seed) {}

u64 Scheduler::slice_length() { return options_.stress ? 1 + random_() % most_stressed_slice : least_slice + random_() % more_slice; }

void Scheduler::run(LoadedCode& code, const Kernel& kernel, const LaunchShape& shape, std::span<const u8> arguments) {
  const u32 threads = shape.threads_of_group();
  const u64 lds = u64{kernel.group_bytes} + shape.dynamic_lds;
  const u32 held = card_.groups_per_processor(kernel, threads, lds);
  if (threads == 0 || threads > kernel.max_threads || shape.total_groups() == 0 || held == 0) {
    fail(Exit::usage,
         "Kernel {} cannot be launched with {} workgroups of {} threads and {} bytes of LDS: {} takes at most {} threads and {} bytes.",
         kernel.name, shape.total_groups(), threads, lds, card_.arch(), kernel.max_threads, card_.target().lds_bytes);
  }
  if (kernel.private_bytes > 0 && !card_.architected_flat_scratch()) {
    fail(Exit::unsupported, "Kernel {} uses scratch memory, which is not emulated on {}.", kernel.name, card_.arch());
  }
  KernelCounts& counts = code.counts[kernel.name];
  counts.name = kernel.name;
  counts.wave_size = kernel.wave_size;
  counts.executed.resize(code.program->instructions().size());

  Running launch = {code, kernel, shape, LaunchMemory(kernel, shape, arguments, allocations_), counts};
  launch.waves_of_group = (threads + kernel.wave_size - 1) / kernel.wave_size;
  launch.registers = card_.registers_held(kernel, launch.accum_offset);
  launch.waiting.resize(shape.total_groups());
  std::iota(launch.waiting.rbegin(), launch.waiting.rend(), 0);
  if (options_.stress) std::shuffle(launch.waiting.begin(), launch.waiting.end(), random_);
  launch.places.resize(std::min(shape.total_groups(), held * card_.processors()));

  memory_.begin_launch(code.program->instructions().size(), card_.units());
  if (races_ != nullptr) races_->begin_launch(static_cast<u32>(launch.places.size()) * launch.waves_of_group);
  if (counter_ != nullptr) {
    if (code.phases.names.empty()) code.phases = phases_of(code.object, *code.program);
    counter_->begin_launch(counts, code.phases);
  }
  ++counts.launches;

  u32 idle = 0;
  u64 seen = 0, fruitless = 0;
  std::vector<ResidentWave*> order;
  for (;;) {
    order.clear();
    for (u32 place = 0; place < launch.places.size(); ++place) {
      if ((launch.places[place] == nullptr || launch.places[place]->ended == launch.waves_of_group) && !launch.waiting.empty())
        start_group(launch, place);
      if (launch.places[place] == nullptr) continue;
      for (const auto& wave : launch.places[place]->waves) {
        if (wave->state != WaveState::done) order.push_back(wave.get());
      }
    }
    if (order.empty()) break;
    if (options_.stress) std::shuffle(order.begin(), order.end(), random_);
    bool busy = false;
    for (ResidentWave* wave : order) {
      if (wave->state == WaveState::at_barrier || wave->state == WaveState::done) continue;
      run_slice(launch, *wave);
      busy = busy || !wave->slept;
      ++fruitless;
    }
    const u64 now = memory_.stores() + launch.passed;
    if (now != seen) {
      seen = now;
      idle = 0;
      fruitless = 0;
      continue;
    }
    idle = busy ? 0 : idle + 1;
    if (idle > idle_rounds || fruitless > fruitless_slices) deadlock(launch);
    const bool all_wait =
        std::all_of(order.begin(), order.end(), [](const ResidentWave* wave) { return wave->state == WaveState::at_barrier; });
    if (all_wait) deadlock(launch);
  }
  if (counter_ != nullptr) counter_->end_launch();
}

void Scheduler::start_group(Running& launch, u32 place) {
  auto& held = launch.places[place];
  if (held == nullptr) held = std::make_unique<ResidentGroup>();
  ResidentGroup& group = *held;
  const Kernel& kernel = launch.kernel;
  group.number = launch.waiting.back();
  launch.waiting.pop_back();
  group.id[0] = group.number % launch.shape.groups[0];
  group.id[1] = group.number / launch.shape.groups[0] % launch.shape.groups[1];
  group.id[2] = group.number / launch.shape.groups[0] / launch.shape.groups[1];
  group.barrier_generation = 0;
  group.ended = 0;
  group.lds_bytes = kernel.group_bytes + launch.shape.dynamic_lds;
  group.lds_bytes_held.assign(group.lds_bytes + 64, fresh_lds);
  group.lds = group.lds_bytes_held.data();
  group.lds_written.assign(group.lds_bytes + 64, 0);
  if (races_ != nullptr) group.lds_race_shadow.assign((u64{group.lds_bytes} + 7) / 4 * 3, 0);

  const u32 wave_size = kernel.wave_size, waves = launch.waves_of_group;
  const u64 registers_of_wave = u64{launch.registers} * wave_size;
  group.vector_registers.resize(registers_of_wave * waves + 16);
  group.scratch.resize(u64{kernel.private_bytes} * wave_size * waves);
  u32* registers = reinterpret_cast<u32*>((reinterpret_cast<u64>(group.vector_registers.data()) + 63) / 64 * 64);
  group.waves.resize(waves);
  const Instruction* entry = launch.code.program->at(kernel.entry);
  if (entry == nullptr) throw InternalError(fmt::format("no instruction starts at the entry of kernel {}", kernel.name));
  for (u32 index = 0; index < waves; ++index) {
    group.waves[index] = std::make_unique_for_overwrite<ResidentWave>();  // its members have values
    ResidentWave& wave = *group.waves[index];
    wave.index = index;
    wave.slot = place * waves + index;
    wave.workgroup = &group;
    wave.memory = &memory_;
    wave.in_flight = &wave.loads;
    wave.wave_size = wave_size;
    wave.vgprs = registers + registers_of_wave * index;
    wave.vgpr_count = launch.registers;
    wave.accum_offset = launch.accum_offset;
    wave.executed = launch.counts.executed.data();
    wave.scratch = group.scratch.data() + u64{kernel.private_bytes} * wave_size * index;
    wave.scratch_bytes = kernel.private_bytes;
    wave.next = entry;
    set_up_registers(wave, kernel, card_, launch.shape, launch.memory);
    if (races_ != nullptr) races_->start_wave(wave);
  }
  if (counter_ != nullptr) counter_->start_group(group.waves[0]->slot);
  ++launch.counts.workgroups;
  launch.counts.waves += waves;
}

void Scheduler::run_slice(Running& launch, ResidentWave& wave) {
  const u64 length = slice_length();
  wave.state = WaveState::ready;
  StopReason reason;
  try {
    reason = emu::run(wave, *launch.code.program, length);
    if (races_ != nullptr) races_->settle();
  } catch (const LateFault& problem) {
    fault(launch, problem.wave, problem.site, problem.what(), problem.lane);
  } catch (const Fault& problem) {
    fault(launch, wave, *(wave.next - 1), problem.what(), problem.lane);
  }
  wave.slept = reason == StopReason::slept;
  memory_.pass_time(reason == StopReason::budget ? length : 0);
  if (reason == StopReason::ended) {
    wave.state = WaveState::done;
    end_wave(launch, wave);
  }
  if (wave.barrier_signalled || reason == StopReason::barrier) complete_barrier(launch, resident_group(wave));
}

// A wave that waits at a barrier which another never reaches would wait for ever by the rules of the language, and be let through by a
// card, which does not count waves that have ended.
void Scheduler::end_wave(Running& launch, ResidentWave& wave) {
  ResidentGroup& group = resident_group(wave);
  ++group.ended;
  ++launch.passed;
  for (const auto& other : group.waves) {
    if (other->state == WaveState::done || !other->barrier_signalled) continue;
    fault(launch, *other, *(other->next - 1),
          fmt::format("barrier that not all waves reach: this wave waits, wave {} of the workgroup has ended", wave.index), -1);
  }
}

bool Scheduler::complete_barrier(Running& launch, ResidentGroup& group) {
  const ResidentWave* waits = nullptr;
  for (const auto& wave : group.waves) {
    if (wave->state == WaveState::done) {
      for (const auto& other : group.waves) {
        if (!other->barrier_signalled) continue;
        fault(launch, *other, *(other->next - 1),
              fmt::format("barrier that not all waves reach: this wave waits, wave {} of the workgroup has ended", wave->index), -1);
      }
      return false;
    }
    if (!wave->barrier_signalled) return false;
    if (wave->state != WaveState::at_barrier) continue;
    if (waits != nullptr && waits->next != wave->next) {
      fault(launch, *wave, *(wave->next - 1),
            fmt::format("barrier that not all waves reach: this wave is at this one, wave {} of the workgroup at another, {}", waits->index,
                        place_of(launch, *(waits->next - 1))),
            -1);
    }
    waits = wave.get();
  }
  if (races_ != nullptr) races_->barrier(group);
  ++group.barrier_generation;
  ++launch.passed;
  for (const auto& wave : group.waves) {
    wave->barrier_signalled = false;
    wave->slept = false;
    if (wave->state == WaveState::at_barrier) wave->state = WaveState::ready;
  }
  return true;
}

std::string Scheduler::place_of(const Running& launch, const Instruction& instruction) const {
  std::string text = fmt::format("{:#x} (byte {} of the kernel): {}", instruction.address, instruction.address - launch.kernel.entry,
                                 launch.code.program->text(instruction));
  const std::string line = launch.code.object.source_line(instruction.address);
  return line.empty() ? text : text + "\n    source " + line;
}

void Scheduler::fault(const Running& launch, const ResidentWave& wave, const Instruction& site, const std::string& what, int lane) const {
  const ResidentGroup& group = static_cast<const ResidentGroup&>(*wave.workgroup);
  throw LaunchFault(fmt::format("{}\n  kernel {}, workgroup {} of {}, wave {} of {}{}\n  instruction {}", what, launch.kernel.name,
                                group.number, launch.shape.total_groups(), wave.index, launch.waves_of_group,
                                lane < 0 ? "" : fmt::format(", lane {}", lane), place_of(launch, site)));
}

void Scheduler::deadlock(const Running& launch) const {
  std::map<std::string, std::pair<u32, std::string>> waits;  // by what for: how many waves, and the first of them
  for (const auto& group : launch.places) {
    if (group == nullptr) continue;
    for (const auto& wave : group->waves) {
      if (wave->state == WaveState::done) continue;
      const Instruction& at = *(wave->next - 1);
      std::string what = wave->state == WaveState::at_barrier ? "at the barrier " : wave->slept ? "spinning at " : "running at ";
      what += place_of(launch, at);
      if (wave->state != WaveState::at_barrier && wave->polled != 0) {
        u32 value = 0;
        if (allocations_.find(wave->polled) != nullptr) std::memcpy(&value, reinterpret_cast<const u8*>(wave->polled), sizeof(value));
        what += fmt::format("\n    polls {:#x}, {}, which holds {:#x}", wave->polled, allocations_.nearest(wave->polled), value);
      }
      auto& entry = waits[what];
      if (entry.first++ == 0) entry.second = fmt::format("workgroup {} wave {}", group->number, wave->index);
    }
  }
  std::string text = fmt::format("deadlock: all waves wait\n  kernel {}, {} workgroups, of which {} have not started", launch.kernel.name,
                                 launch.shape.total_groups(), launch.waiting.size());
  for (const auto& [what, who] : waits) text += fmt::format("\n  {} waves ({}, ...) {}", who.first, who.second, what);
  throw LaunchFault(text);
}

}  // namespace llmc::emu
