#include "compiler/target/target.h"
#include <algorithm>
#include <thread>
#include <llvm/ADT/StringRef.h>
#include "common/embedded.h"
#include "common/error.h"
#include "compiler/target/host_cpu.h"
#include "compiler/target/read_targets.h"

const llmc::EmbeddedFiles& llmc_target_files();

namespace llmc {

const std::vector<Target>& all_targets() {
  static const std::vector<Target> targets = [] {
    std::vector<Target> all;
    for (const std::string& file : llmc_target_files().names(""))
      for (Target& target : read_targets(file, llmc_target_files().file(file))) all.push_back(std::move(target));
    return all;
  }();
  return targets;
}

namespace {

Target native_target() {
  const std::string arch = best_x86_arch(host_cpu());
  if (arch.empty())
    fail(
        Exit::device,
        "native: this CPU has neither AVX-512 (F, BW, VL, DQ and VNNI) nor AVX2 with FMA and F16C, the least that llmc generates code for. "
        "Name a target with --arch to compile for another machine (`llmc targets` lists them).");
  Target target = find_target(arch);
  target.product = "native";
  target.title = "this host";
  target.units = std::max(1u, std::thread::hardware_concurrency());
  return target;
}

// The names within a few edits of what was typed, or that hold it or are held by it, nearest first.
std::vector<std::string> nearest_names(std::string_view name) {
  std::vector<std::pair<unsigned, std::string>> ranked;
  const std::string typed = llvm::StringRef(name).lower();
  auto consider = [&](const std::string& candidate, const std::string& full) {
    unsigned distance = llvm::StringRef(typed).edit_distance(candidate, true, 4);
    if (distance > 1 && typed.size() > 3 && candidate.find(typed) != std::string::npos) distance = 1;
    if (distance <= 2) ranked.emplace_back(distance, full);
  };
  consider("native", "native");
  for (const Target& target : all_targets()) {
    consider(target.arch, target.arch);
    consider(target.product, target.name());
    consider(target.name(), target.name());
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (const auto& [distance, full] : ranked)
    if (std::find(names.begin(), names.end(), full) == names.end() && names.size() < 3) names.push_back(full);
  return names;
}

[[noreturn]] void unknown_target(std::string_view name) {
  std::string hint;
  for (const std::string& near : nearest_names(name)) hint += (hint.empty() ? " Did you mean " : " or ") + near;
  if (!hint.empty()) hint += "?";
  std::vector<std::string> arches;
  for (const Target& target : all_targets())
    if (arches.empty() || arches.back() != target.arch) arches.push_back(target.arch);
  fail(Exit::usage,
       "unknown target '{}'.{} Known are native, {}; a product may follow a colon, as in gfx1100:7900xt (`llmc targets` lists all).", name,
       hint, fmt::join(arches, ", "));
}

}  // namespace

Target find_target(std::string_view name) {
  if (name == "native") return native_target();
  for (const Target& target : all_targets())
    if (target.arch == name || target.name() == name) return target;
  const std::string_view arch = name.substr(0, name.find(':'));
  std::vector<std::string> products;
  for (const Target& target : all_targets())
    if (target.arch == arch && name.size() > arch.size()) products.push_back(target.product);
  if (products.empty()) unknown_target(name);
  fail(Exit::usage, "unknown product '{}' of {}. Known are {}; the arch alone takes the first.", name.substr(arch.size() + 1), arch,
       fmt::join(products, ", "));
}

std::optional<std::string> arch_for_device(std::string_view found) {
  const auto generation = [](std::string_view arch) { return std::stoi(std::string(arch.substr(3))); };
  std::optional<std::string> best;
  for (const Target& target : all_targets()) {
    if (target.arch == found) return target.arch;
    const bool runs = target.family == "nvidia" && found.starts_with("sm_") && generation(target.arch) <= generation(found);
    if (runs && (!best || generation(*best) < generation(target.arch))) best = target.arch;
  }
  return best;
}

Target simulation_target(u32 wave) {
  Target target = find_target("x86-64-v3");
  target.family = "host";
  target.product = "simulation";
  target.title = "a workgroup simulated on the CPU";
  target.wave = wave;
  target.bulk_copy = wave == 32;  // as on NVIDIA
  target.lds_bytes = target.static_lds_bytes = wave == 32 ? 131072 : 65536;
  return target;
}

}  // namespace llmc
