#include "tests/emulator/counts_report.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include "tests/emulator/estimate.h"

namespace llmc::emu {
namespace {

u64 of(const WorkCounts& counts, InstructionClass group) { return counts.instructions[static_cast<u32>(group)]; }

// Of a kernel in which more than one phase did something, what each did.
struct PhaseRow {
  std::string name;
  const WorkCounts& counts;
};
std::vector<PhaseRow> phase_rows(const CountedKernel& kernel) {
  std::vector<PhaseRow> rows;
  for (u32 i = 0; i < kernel.counts.phases.size(); ++i) {
    if (kernel.counts.phases[i].total_instructions() != 0) rows.push_back({kernel.phases.names[i], kernel.counts.phases[i]});
  }
  const size_t least = !rows.empty() && rows.front().name == kernel.phases.names.front() ? 3 : 2;  // the rest is no phase
  if (rows.size() < least) rows.clear();
  return rows;
}

nlohmann::ordered_json traffic_json(const TrafficCounts& counts) {
  return {{"read_bytes", counts.read_bytes}, {"written_bytes", counts.written_bytes}, {"atomic_bytes", counts.atomic_bytes},
          {"lines", counts.lines},           {"fetches", counts.fetches},             {"written_lines", counts.written_lines}};
}

void add_work(nlohmann::ordered_json& to, const WorkCounts& counts, const Card& card) {
  nlohmann::ordered_json instructions = {{"total", counts.total_instructions()}};
  for (u32 i = 0; i < kInstructionClasses; ++i) instructions[name(static_cast<InstructionClass>(i))] = counts.instructions[i];
  nlohmann::ordered_json traffic = nlohmann::ordered_json::object();
  for (const auto& [allocation, of_it] : counts.traffic) traffic[allocation] = traffic_json(of_it);
  const Estimate time = estimate(counts, card.target());
  to["instructions"] = instructions;
  to["scalar_bytes"] = counts.scalar_bytes;
  to["lds"] = {{"read_bytes", counts.lds_read_bytes},
               {"written_bytes", counts.lds_written_bytes},
               {"cycles", counts.lds_cycles},
               {"conflict_cycles", counts.lds_conflict_cycles}};
  to["global"] = traffic;
  to["estimate"] = {{"bytes_us", time.bytes_us}, {"vector_us", time.vector_us}, {"lds_us", time.lds_us}, {"bound_by", time.bound_by()}};
}

nlohmann::ordered_json kernel_json(const CountedKernel& kernel, const Card& card) {
  const KernelCounts& counts = kernel.counts;
  nlohmann::ordered_json json = {{"kernel", counts.name},
                                 {"wave_size", counts.wave_size},
                                 {"launches", counts.launches},
                                 {"workgroups", counts.workgroups},
                                 {"waves", counts.waves}};
  add_work(json, counts, card);
  for (const PhaseRow& row : phase_rows(kernel)) {
    nlohmann::ordered_json phase = {{"phase", row.name}};
    add_work(phase, row.counts, card);
    json["phases"].push_back(phase);
  }
  return json;
}

std::string table_row(const std::string& name, const std::string& launches, const WorkCounts& counts, const Target& product) {
  const Estimate time = estimate(counts, product);
  const TrafficCounts traffic = counts.total_traffic();
  const u64 vector = of(counts, InstructionClass::vector_alu) + of(counts, InstructionClass::vector_packed) +
                     of(counts, InstructionClass::transcendental);
  return fmt::format("{:<22} {:>8} {:>12} {:>12} {:>10} {:>10} {:>12} {:>10} {:>9} {:>9.2f} {:>9.2f} {:>9.2f}\n", name, launches,
                     counts.total_instructions(), vector, of(counts, InstructionClass::vector_dot), of(counts, InstructionClass::matrix),
                     traffic.read_bytes, traffic.fetches, counts.lds_conflict_cycles, time.bytes_us, time.vector_us, time.lds_us);
}

}  // namespace

std::string counts_table(const std::vector<CountedKernel>& kernels, const Card& card) {
  const Target& product = card.target();
  std::string text = fmt::format("{} as {}: {} compute units emulated; times are an ESTIMATE for {} units at {:.0f} GB/s\n", card.arch(),
                                 product.title, card.units(), product.units, product.bandwidth_gb_s);
  text += fmt::format("{:<22} {:>8} {:>12} {:>12} {:>10} {:>10} {:>12} {:>10} {:>9} {:>9} {:>9} {:>9}\n", "kernel", "launches",
                      "instructions", "vector", "dot", "matrix", "read bytes", "fetches", "conflicts", "bytes us", "vector us", "lds us");
  for (const CountedKernel& kernel : kernels) {
    text += table_row(kernel.counts.name, std::to_string(kernel.counts.launches), kernel.counts, product);
    for (const PhaseRow& row : phase_rows(kernel)) text += table_row("  " + row.name, "", row.counts, product);
  }
  return text;
}

std::string counts_json(const std::vector<CountedKernel>& kernels, const Card& card, const std::vector<AllocationTotals>& allocations) {
  nlohmann::ordered_json root = {{"arch", card.arch()}, {"product", card.target().product}, {"units", card.units()}};
  root["allocations"] = nlohmann::ordered_json::array();
  for (const AllocationTotals& allocation : allocations) {
    root["allocations"].push_back(
        {{"name", allocation.name}, {"bytes", allocation.bytes}, {"lines_ever_read", allocation.lines_ever_read}});
  }
  root["kernels"] = nlohmann::ordered_json::array();
  for (const CountedKernel& kernel : kernels) root["kernels"].push_back(kernel_json(kernel, card));
  return root.dump(1) + "\n";
}

}  // namespace llmc::emu
