#include "compiler/report.h"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>

#include "compiler/print_plan.h"

namespace llmc {
namespace {

// One line of the table: a kernel, what it is for, and how often it runs for a token or for a chunk of a prompt.
struct Row {
  const Launch* launch;
  const char* purpose;
  u32 runs;
};

// Every kernel once, in the order in which they run: a token, then a chunk of a prompt, then what only `selftest` uses.
std::vector<Row> rows_of(const Plan& plan) {
  std::vector<Row> rows;
  const auto add = [&](const std::vector<Launch>& launches, const char* purpose) {
    const size_t begin = rows.size();
    for (const Launch& launch : launches) {
      const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& known) { return known.launch->kernel == launch.kernel; });
      if (row == rows.end()) {
        rows.push_back({&launch, purpose, 1});
      } else if (row >= rows.begin() + static_cast<std::ptrdiff_t>(begin)) {
        row->runs++;
      }
    }
  };
  add(plan.decode, "token");
  add(plan.prefill, "prompt");
  add(plan.head, "prompt");
  add(plan.sample, "prompt");
  add(plan.decode_op, "selftest");
  return rows;
}

std::string known(const KernelResources& kernel, u32 value) { return kernel.known ? fmt::format("{}", value) : "-"; }

void print_gpu_rows(const Plan& plan, const std::vector<KernelResources>& resources) {
  fmt::print(stderr, "\n{:<22} {:<9} {:>5} {:>8} {:>10} {:>8} {:>8} {:>7} {:>10}\n", "kernel", "for", "runs", "threads", "registers", "shared", "scratch",
             "spills", "code");
  for (const Row& row : rows_of(plan)) {
    const auto kernel = std::find_if(resources.begin(), resources.end(), [&](const KernelResources& k) { return k.name == row.launch->kernel; });
    if (kernel == resources.end()) continue;
    fmt::print(stderr, "{:<22} {:<9} {:>5} {:>8} {:>10} {:>8} {:>8} {:>7} {:>10}\n", kernel->name, row.purpose, row.runs, row.launch->threads,
               known(*kernel, kernel->vgprs), row.launch->shared + kernel->lds, known(*kernel, kernel->scratch), known(*kernel, kernel->spills),
               kernel->code_bytes ? format_bytes(kernel->code_bytes) : "-");
  }
  if (std::none_of(resources.begin(), resources.end(), [](const KernelResources& k) { return k.known; })) {
    fmt::print(stderr, "-: not known without ptxas: the program carries PTX, which the driver compiles at its first start. With the CUDA toolkit's ptxas\n"
                       "   (--ptxas=PATH, or auto to look for it) it carries finished code too, and the table has these numbers.\n");
  }
}

// A CPU's kernels have no resources to tell: registers are the compiler's, and most of the code lies in functions they share.
void print_cpu_rows(const Plan& plan) {
  fmt::print(stderr, "\n{:<22} {:<9} {:>5}\n", "kernel", "for", "runs");
  for (const Row& row : rows_of(plan)) fmt::print(stderr, "{:<22} {:<9} {:>5}\n", row.launch->kernel, row.purpose, row.runs);
}

}  // namespace

void print_target(const Target& target, const std::string& why, const Plan& plan) {
  fmt::print(stderr, "{:<8} {} ({}{}{}), level {}\n", "for", target.name(), target.title, why.empty() ? "" : ": ", why, fuse_name(plan.fuse));
}

void print_made(const std::string& output) { fmt::print(stderr, "{:<10} {}\n", "made", output); }

void print_report(const Plan& plan, const std::vector<KernelResources>& resources, const PackReport& sizes, const std::string& output) {
  if (plan.family == "x86") print_cpu_rows(plan);
  else print_gpu_rows(plan, resources);
  const u64 kv = plan.kv_bytes_per_position * plan.ctx;
  fmt::print(stderr, "\n{:<10} {} (runtime {}, code {}, plan {}, tokenizer {}, weights {})\n", "file", format_bytes(sizes.total),
             format_bytes(sizes.runtime), format_bytes(sizes.code), format_bytes(sizes.plan), format_bytes(sizes.tokenizer),
             plan.extern_weights ? "left in the GGUF" : format_bytes(sizes.weights));
  fmt::print(stderr, "{:<10} {} (weights {}, KV cache {} for {} positions, buffers {})\n", "memory",
             format_bytes(plan.weight_bytes + kv + plan.arena_bytes), format_bytes(plan.weight_bytes), format_bytes(kv), plan.ctx,
             format_bytes(plan.arena_bytes));
  print_made(output);
}

}  // namespace llmc
