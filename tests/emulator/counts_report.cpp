#include "tests/emulator/counts_report.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include "tests/emulator/estimate.h"

namespace llmc::emu {
namespace {

u64 of(const KernelCounts& counts, InstructionClass group) { return counts.instructions[static_cast<u32>(group)]; }

nlohmann::ordered_json traffic_json(const TrafficCounts& counts) {
  return {{"read_bytes", counts.read_bytes}, {"written_bytes", counts.written_bytes}, {"atomic_bytes", counts.atomic_bytes},
          {"lines", counts.lines},           {"fetches", counts.fetches},             {"written_lines", counts.written_lines}};
}

nlohmann::ordered_json kernel_json(const KernelCounts& counts, const Card& card) {
  nlohmann::ordered_json instructions = {{"total", counts.total_instructions()}};
  for (u32 i = 0; i < kInstructionClasses; ++i) instructions[name(static_cast<InstructionClass>(i))] = counts.instructions[i];
  nlohmann::ordered_json traffic = nlohmann::ordered_json::object();
  for (const auto& [allocation, of_it] : counts.traffic) traffic[allocation] = traffic_json(of_it);
  const Estimate time = estimate(counts, card.target());
  return {
      {"kernel", counts.name},
      {"wave_size", counts.wave_size},
      {"launches", counts.launches},
      {"workgroups", counts.workgroups},
      {"waves", counts.waves},
      {"instructions", instructions},
      {"scalar_bytes", counts.scalar_bytes},
      {"lds",
       {{"read_bytes", counts.lds_read_bytes},
        {"written_bytes", counts.lds_written_bytes},
        {"cycles", counts.lds_cycles},
        {"conflict_cycles", counts.lds_conflict_cycles}}},
      {"global", traffic},
      {"estimate", {{"bytes_us", time.bytes_us}, {"vector_us", time.vector_us}, {"lds_us", time.lds_us}, {"bound_by", time.bound_by()}}}};
}

}  // namespace

std::string counts_table(const std::vector<const KernelCounts*>& kernels, const Card& card) {
  const Target& product = card.target();
  std::string text = fmt::format("{} as {}: {} compute units emulated; times are an ESTIMATE for {} units at {:.0f} GB/s\n", card.arch(),
                                 product.title, card.units(), product.units, product.bandwidth_gb_s);
  text += fmt::format("{:<22} {:>8} {:>12} {:>12} {:>10} {:>10} {:>12} {:>10} {:>9} {:>9} {:>9} {:>9}\n", "kernel", "launches",
                      "instructions", "vector", "dot", "matrix", "read bytes", "fetches", "conflicts", "bytes us", "vector us", "lds us");
  for (const KernelCounts* counts : kernels) {
    const Estimate time = estimate(*counts, product);
    const TrafficCounts traffic = counts->total_traffic();
    const u64 vector = of(*counts, InstructionClass::vector_alu) + of(*counts, InstructionClass::vector_packed) +
                       of(*counts, InstructionClass::transcendental);
    text += fmt::format("{:<22} {:>8} {:>12} {:>12} {:>10} {:>10} {:>12} {:>10} {:>9} {:>9.2f} {:>9.2f} {:>9.2f}\n", counts->name,
                        counts->launches, counts->total_instructions(), vector, of(*counts, InstructionClass::vector_dot),
                        of(*counts, InstructionClass::matrix), traffic.read_bytes, traffic.fetches, counts->lds_conflict_cycles,
                        time.bytes_us, time.vector_us, time.lds_us);
  }
  return text;
}

std::string counts_json(const std::vector<const KernelCounts*>& kernels, const Card& card,
                        const std::vector<AllocationTotals>& allocations) {
  nlohmann::ordered_json root = {{"arch", card.arch()}, {"product", card.target().product}, {"units", card.units()}};
  root["allocations"] = nlohmann::ordered_json::array();
  for (const AllocationTotals& allocation : allocations) {
    root["allocations"].push_back(
        {{"name", allocation.name}, {"bytes", allocation.bytes}, {"lines_ever_read", allocation.lines_ever_read}});
  }
  root["kernels"] = nlohmann::ordered_json::array();
  for (const KernelCounts* counts : kernels) root["kernels"].push_back(kernel_json(*counts, card));
  return root.dump(1) + "\n";
}

}  // namespace llmc::emu
