#include "compiler/plan/plan.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "common/error.h"
#include "common/version.h"
#include "compiler/model/model.h"
#include "compiler/plan/buffers.h"
#include "compiler/plan/launches.h"
#include "compiler/plan/weights.h"
#include "compiler/target/target.h"

namespace llmc {
namespace {

constexpr u32 default_ctx = 8192;
constexpr u32 gpu_chunk = 512, x86_chunk = 128;
constexpr u32 gpu_threads = 512;  // 16 waves of 32: enough loads in flight from one workgroup per compute unit

// theta_i = base^(-2i/dim) / factor_i / scale radians per position, in turns, times 2^64. Long double has the 64 bits.
std::vector<u64> rope_turns(const Model& model) {
  std::vector<u64> turns;
  for (u32 i = 0; i < model.rope_dim / 2; i++) {
    const long double exponent = -2.0L * i / model.rope_dim;
    const long double factor = (model.rope_freqs.empty() ? 1.0L : model.rope_freqs[i]) * static_cast<long double>(model.rope_scale);
    const long double theta = std::pow(static_cast<long double>(model.rope_base), exponent) / factor;
    const long double turn = theta / (2 * std::numbers::pi_v<long double>);
    turns.push_back(static_cast<u64>(std::ldexp(turn - std::floor(turn), 64)));
  }
  return turns;
}

Shape make_shape(const Model& model) {
  Shape shape;
  shape.family = model.family;
  shape.layers = model.n_layers;
  shape.d_model = model.d_model;
  shape.d_ff = model.d_ff;
  shape.n_heads = model.n_heads;
  shape.n_kv_heads = model.n_kv_heads;
  shape.head_dim = model.head_dim;
  shape.vocab = model.vocab;
  shape.rope_dim = model.rope_dim;
  shape.rope_halves = model.rope_order == RopeOrder::halves;
  shape.qkv_bias = model.layers.front().q_bias != nullptr;
  shape.qk_norm = model.layers.front().q_norm != nullptr;
  shape.tied = model.tied();
  shape.rms_eps = static_cast<float>(model.rms_eps);
  shape.rope_turns = rope_turns(model);
  return shape;
}

u32 choose_ctx(const Model& model, u32 asked) {
  if (asked == 0) return std::min(model.ctx_train, default_ctx);
  if (asked > model.ctx_train) {
    fail(Exit::usage, "--ctx {} is more than the model was trained for ({}). Use --ctx {} or less.", asked, model.ctx_train, model.ctx_train);
  }
  return asked;
}

}  // namespace

Plan make_plan(const Model& model, const Target& target, const PlanOptions& options) {
  Plan plan;
  plan.version = version;
  plan.family = target.family;
  plan.arch = target.arch;
  plan.product = target.product;
  plan.wave = target.wave;
  plan.bandwidth_gb_s = target.usable_gb_s();
  plan.shape = make_shape(model);
  plan.fuse = options.fuse.value_or(target.fuse_model ? Fuse::model : Fuse::block);
  plan.extern_weights = options.extern_weights;
  plan.ctx = choose_ctx(model, options.ctx);
  const bool gpu = plan.family != "x86";
  plan.chunk = std::min(plan.ctx, gpu ? gpu_chunk : x86_chunk);
  plan.threads = gpu ? gpu_threads : 1;
  place_weights(model, plan);
  place_buffers(plan);
  place_launches(plan);
  return plan;
}

}  // namespace llmc
