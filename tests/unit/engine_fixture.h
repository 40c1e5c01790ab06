// A plan small enough to read, and weights that are nothing.
#pragma once
#include "compiler/plan/plan.h"
#include "runtime/weights_source.h"

namespace llmc::test {

inline Plan small_plan(const std::string& family = "amd", const std::string& arch = "gfx1100") {
  Plan plan;
  plan.family = family;
  plan.arch = arch;
  plan.shape.vocab = 100;
  plan.shape.layers = 1;
  plan.ctx = 64;
  plan.chunk = 16;
  plan.buffers = {{"state", 0, 512}, {"tokens", 512, 512}, {"logits", 1024, 512}};
  plan.arena_bytes = 2048;
  plan.weight_bytes = 4096;
  plan.kv_bytes_per_position = 1000;
  plan.blocks_per_unit = 2;
  const auto launch = [](const char* kernel, int layer, bool resident = false) { return Launch{kernel, layer, 0, 64, 0, resident}; };
  plan.prefill = {launch("prefill_embed", -1), launch("prefill_attn", 0)};
  plan.head = {launch("head_logits", -1)};
  plan.sample = {launch("sample", -1)};
  plan.decode_op = {launch("decode_embed", -1), launch("decode_attn", 0), plan.head[0], plan.sample[0]};
  plan.decode = {launch("decode_embed", -1), launch("decode_block_v0", 0, true), plan.head[0], plan.sample[0]};
  return plan;
}

class NoWeights : public WeightsSource {
 public:
  const void* place(Device& device, const Plan& plan) const override { return device.allocate(plan.weight_bytes); }
};

}  // namespace llmc::test
