// What a processor is, as data: one TOML file per family in this folder, embedded in the compiler. A target is an arch (what code is
// generated for) with one product (what the plan is tuned for). Adding a processor is adding lines of data.
#pragma once
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "common/types.h"

namespace llmc {

struct Target {
  std::string family;           // "amd", "nvidia", "x86"; "host" for simulation_target()
  std::string arch;             // "gfx1100", "sm_90", "x86-64-v4": LLVM's processor name
  std::string product;          // "7900xtx"
  std::string title;            // "Radeon RX 7900 XTX"
  u32 wave = 0;                 // lanes
  u32 units = 0;                // compute units, multiprocessors or cores
  u32 units_per_processor = 1;  // HIP's multiProcessorCount counts pairs of units on RDNA
  u32 lds_bytes = 0;            // most shared memory of one workgroup; 0 on x86
  u32 static_lds_bytes = 0;     // most of it that may be declared statically
  u32 registers = 0;            // vector registers a lane can address
  u32 register_file = 0;        // vector registers shared by the resident waves (amd.toml and nvidia.toml say of what)
  u32 simds_per_unit = 1;
  std::string dot = "none";           // 8-bit dot product: none, sdot4, sudot4, dp4a, maddubs, vpdpbusd
  std::string matrix = "none";        // none, mfma, wmma, mma
  bool bulk_copy = false;             // copies to shared memory that complete on a barrier (cp.async.bulk)
  double bandwidth_gb_s = 0;          // 1e9 bytes a second, data sheet
  double measured_gb_s = 0;           // read bandwidth measured on the card; 0 where none was
  bool fuse_model = false;            // --fuse=model was measured to be the fastest level; else block is taken
  std::vector<std::string> features;  // LLVM target features on top of the arch ("+ptx80")

  bool is_gpu() const { return family == "amd" || family == "nvidia"; }
  std::string name() const { return arch + ":" + product; }
  // What a plan divides bytes by: the measured figure where there is one.
  double usable_gb_s() const { return measured_gb_s > 0 ? measured_gb_s : bandwidth_gb_s; }
};

// Every arch with every product, in the order of the data files; an arch's default product is its first.
const std::vector<Target>& all_targets();

// "gfx1100" (the default product), "gfx1100:7900xt", or "native": the best x86 arch that this host's CPU runs, with its core count.
// Error(Exit::usage) on an unknown name, with the nearest names and the list; Error(Exit::device) where no x86 arch runs here.
Target find_target(std::string_view name);

// The arch to compile for where a GPU of the arch `found` is: that arch, or for NVIDIA, where PTX runs on later cards, the newest one
// that is not newer. Nothing where there is none.
std::optional<std::string> arch_for_device(std::string_view found);

// The CPU simulation of GPU kernels that tests run: x86-64-v3 code, with the wave of the GPU it stands in for.
Target simulation_target(u32 wave = 32);

// `llmc targets`: a table, or JSON (an array of objects with the field names above).
void print_targets(bool json, std::FILE* out);

}  // namespace llmc
