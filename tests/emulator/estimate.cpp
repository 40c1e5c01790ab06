#include "tests/emulator/estimate.h"
#include <algorithm>

namespace llmc::emu {
namespace {

// Sustained clocks of the default products by AMD's data sheets (game or peak engine clock), in GHz.
double clock_ghz(const std::string& arch) {
  if (arch.starts_with("gfx12")) return 2.4;
  if (arch.starts_with("gfx11")) return 2.3;
  if (arch.starts_with("gfx10")) return 2.0;
  if (arch == "gfx942") return 2.1;
  return 1.7;
}

u64 of(const WorkCounts& counts, InstructionClass group) { return counts.instructions[static_cast<u32>(group)]; }

}  // namespace

double Estimate::bound_us() const { return std::max({bytes_us, vector_us, lds_us}); }

const char* Estimate::bound_by() const {
  if (bytes_us >= vector_us && bytes_us >= lds_us) return "bytes";
  return vector_us >= lds_us ? "vector ALU" : "LDS";
}

Estimate estimate(const WorkCounts& counts, const Target& product) {
  const bool rdna = product.wave == 32;
  // A SIMD of RDNA takes 32 lanes a cycle, one of GCN and CDNA 16.
  const double cycles_per_wave = counts.wave_size / (rdna ? 32.0 : 16.0);
  const double per_transcendental = 4 * cycles_per_wave;
  // One 16x16x16 product of halves: 8192 operations at the data sheets' rates of a SIMD.
  const double per_matrix = product.arch.starts_with("gfx12") ? 16 : rdna ? 32 : product.arch == "gfx942" ? 16 : 32;
  const double full = static_cast<double>(of(counts, InstructionClass::vector_alu) + of(counts, InstructionClass::vector_packed) +
                                          of(counts, InstructionClass::vector_dot));
  const double cycles = full * cycles_per_wave + static_cast<double>(of(counts, InstructionClass::transcendental)) * per_transcendental +
                        static_cast<double>(of(counts, InstructionClass::matrix)) * per_matrix;
  const double cycles_per_us = clock_ghz(product.arch) * 1e3;
  const TrafficCounts traffic = counts.total_traffic();
  Estimate result;
  result.bytes_us = static_cast<double>((traffic.fetches + traffic.written_lines) * kLineBytes) / (product.bandwidth_gb_s * 1e3);
  result.vector_us = cycles / (product.units * product.simds_per_unit * cycles_per_us);
  result.lds_us = static_cast<double>(counts.lds_cycles) / (product.units * cycles_per_us);
  return result;
}

}  // namespace llmc::emu
