#include "tests/emulator/hip_state.h"
#include <cstdio>
#include <cstdlib>
#include "common/error.h"
#include "tests/emulator/counts_report.h"

namespace llmc::emu {
namespace {

void say(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

void write_file(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fclose(file) != 0) {
    say(fmt::format("emulator: {} cannot be written.\n", path));
  }
}

}  // namespace

Hip::Hip(const MachineOptions& given) : options(given), card(options.arch, options.units), scheduler(card, options, memory) {}

Hip& Hip::get() {
  // Never destroyed: the program's own objects may call in until the process is gone.
  static Hip* hip = new Hip(options_from_environment());
  return *hip;
}

int Hip::launch(const HipLaunch& launch) {
  if (fault != hip_success) return fault;
  try {
    scheduler.run(*launch.function->code, *launch.function->kernel, launch.shape, launch.arguments);
  } catch (const LaunchFault& what) {
    say(fmt::format("emulator: {}: {}\n", card.arch(), what.what()));
    write_counts();
    fault = std::string_view(what.what()).starts_with("deadlock") ? hip_launch_timed_out : hip_launch_failure;
  }
  return fault;
}

bool Hip::free(u64 address) {
  Allocation* allocation = memory.find(address);
  if (allocation == nullptr || allocation->base != address) return false;
  if (allocation->counts != nullptr) freed.push_back(totals(*allocation));
  return memory.release(address);
}

void Hip::write_counts() const {
  if (options.counts_file.empty()) return;
  std::vector<CountedKernel> kernels;
  for (const auto& module : modules) {
    for (auto& [name, counts] : module->counts) {
      counts.tally(*module->program, module->phases);
      kernels.push_back({counts, module->phases});
    }
  }
  std::vector<AllocationTotals> allocations = freed;
  for (const auto& [base, allocation] : memory.live()) {
    if (allocation->counts != nullptr && allocation->kind != AllocationKind::launch) allocations.push_back(totals(*allocation));
  }
  write_file(options.counts_file, counts_json(kernels, card, allocations));
  write_file(options.counts_file + ".txt", counts_table(kernels, card));
}

int guarded(const std::function<int(Hip&)>& body) {
  try {
    Hip& hip = Hip::get();
    const std::lock_guard lock(hip.mutex);
    return body(hip);
  } catch (const Error& error) {
    say(fmt::format("emulator: {}\n", error.what()));
    if (error.code() == Exit::memory) return hip_out_of_memory;
    return error.code() == Exit::bad_input ? hip_invalid_image : hip_invalid_value;
  } catch (const std::exception& error) {
    say(fmt::format("emulator: {}\n", error.what()));
    return hip_unknown;
  }
}

}  // namespace llmc::emu
