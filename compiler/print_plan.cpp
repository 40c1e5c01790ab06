#include "compiler/print_plan.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

namespace llmc {
namespace {

std::string variant_text(const Variant& v) {
  const auto name = [](TensorType type) { return type_info(type).name; };
  return fmt::format("q {} k {} v {} o {} gate {} up {} down {}", name(v.q), name(v.k), name(v.v), name(v.o), name(v.gate), name(v.up),
                     name(v.down));
}

}  // namespace

std::string format_bytes(u64 bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(units)) {
    value /= 1024;
    unit++;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

void print_plan(const Plan& plan, bool json, std::FILE* out) {
  const double floor_ms = plan.bandwidth_gb_s > 0 ? static_cast<double>(plan.decode_bytes) / plan.bandwidth_gb_s * 1e-6 : 0;
  const bool assumed = plan.family == "x86";  // a usual machine's memory; that of this one nobody measured
  if (json) {
    nlohmann::json text = plan_to_json(plan);
    text["floor_ms_per_token"] = floor_ms;
    text["bandwidth_assumed"] = assumed;
    fmt::print(out, "{}\n", text.dump(2));
    return;
  }
  const Shape& s = plan.shape;
  fmt::print(out, "target     {}:{} ({}, {:.0f} GB/s{})\n", plan.arch, plan.product, plan.family, plan.bandwidth_gb_s, assumed ? " assumed" : "");
  fmt::print(out, "model      {}, {} layers, {} wide, feed-forward {}, {} heads ({} KV) of {}, vocabulary {}\n", s.family, s.layers, s.d_model,
             s.d_ff, s.n_heads, s.n_kv_heads, s.head_dim, s.vocab);
  fmt::print(out, "fusion     {}: {} launches a token\n", fuse_name(plan.fuse), plan.decode.size());
  fmt::print(out, "context    {} positions, prompts in chunks of {}\n\n", plan.ctx, plan.chunk);
  fmt::print(out, "{:<10} {:>6} {:>14} {:>7} {:>10}\n", "phase", "times", "bytes", "share", "floor us");
  for (const Phase& phase : plan.phases) {
    fmt::print(out, "{:<10} {:>6} {:>14} {:>6.1f}% {:>10.1f}\n", phase.name, phase.count, phase.weight_bytes,
               100.0 * static_cast<double>(phase.weight_bytes) / static_cast<double>(plan.decode_bytes),
               plan.bandwidth_gb_s > 0 ? static_cast<double>(phase.weight_bytes) / plan.bandwidth_gb_s * 1e-3 : 0);
  }
  fmt::print(out, "\n{} bytes of weights a token; floor {:.3f} ms a token, {:.0f} tok/s{}\n", plan.decode_bytes, floor_ms,
             floor_ms > 0 ? 1000 / floor_ms : 0, assumed ? fmt::format(", if the memory gives {:.0f} GB/s", plan.bandwidth_gb_s) : "");
  fmt::print(out, "memory     weights {}, KV cache {} ({} a position), buffers {}\n", format_bytes(plan.weight_bytes),
             format_bytes(plan.kv_bytes_per_position * plan.ctx), format_bytes(plan.kv_bytes_per_position), format_bytes(plan.arena_bytes));
  for (size_t i = 0; i < plan.variants.size(); i++) {
    const auto layers = std::count(plan.layer_variant.begin(), plan.layer_variant.end(), i);
    fmt::print(out, "block v{}   {} layers: {}\n", i, layers, variant_text(plan.variants[i]));
  }
}

}  // namespace llmc
