#include "compiler/report.h"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>

#include "compiler/print_plan.h"

namespace llmc {
namespace {

const Launch* find_launch(const Plan& plan, const std::string& kernel) {
  for (const auto* list : {&plan.decode, &plan.decode_op, &plan.prefill}) {
    const auto found = std::find_if(list->begin(), list->end(), [&](const Launch& launch) { return launch.kernel == kernel; });
    if (found != list->end()) return &*found;
  }
  return nullptr;
}

std::string known(const KernelResources& kernel, u32 value) { return kernel.known ? fmt::format("{}", value) : "-"; }

}  // namespace

void print_report(const Plan& plan, const std::vector<KernelResources>& resources, const PackReport& sizes, const std::string& output) {
  fmt::print(stderr, "\n{:<22} {:>8} {:>10} {:>10} {:>8} {:>8} {:>9}\n", "kernel", "threads", "registers", "shared", "scratch", "spills", "code");
  for (const KernelResources& kernel : resources) {
    const Launch* launch = find_launch(plan, kernel.name);
    if (!launch) continue;
    fmt::print(stderr, "{:<22} {:>8} {:>10} {:>10} {:>8} {:>8} {:>9}\n", kernel.name, launch->threads, known(kernel, kernel.vgprs),
               launch->shared + kernel.lds, known(kernel, kernel.scratch), known(kernel, kernel.spills),
               kernel.code_bytes ? format_bytes(kernel.code_bytes) : "-");
  }
  const u64 kv = plan.kv_bytes_per_position * plan.ctx;
  fmt::print(stderr, "\n{:<10} {} (runtime {}, code {}, plan {}, tokenizer {}, weights {})\n", "file", format_bytes(sizes.total),
             format_bytes(sizes.runtime), format_bytes(sizes.code), format_bytes(sizes.plan), format_bytes(sizes.tokenizer),
             plan.extern_weights ? "left in the GGUF" : format_bytes(sizes.weights));
  fmt::print(stderr, "{:<10} {} (weights {}, KV cache {} for {} positions, buffers {})\n", "memory",
             format_bytes(plan.weight_bytes + kv + plan.arena_bytes), format_bytes(plan.weight_bytes), format_bytes(kv), plan.ctx,
             format_bytes(plan.arena_bytes));
  fmt::print(stderr, "{:<10} {}\n", "made", output);
}

}  // namespace llmc
