#include "tests/bench/x86_program.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "common/error.h"
#include "compiler/build/build.h"
#include "compiler/emit/emit.h"
#include "compiler/model/model.h"
#include "compiler/plan/layout.h"
#include "compiler/target/target.h"

namespace llmc {
namespace {

// The packed weights, as pack/ would write them.
void pack(const Model& model, const Plan& plan, u8* out) {
  for (const Weight& weight : plan.weights) {
    const TensorInfo* tensor = model.file->tensor(weight.tensor);
    if (weight.tiles == 0) {
      dequantize(tensor->type(), tensor->data, reinterpret_cast<float*>(out + weight.offset), weight.columns);
      continue;
    }
    const u32 rows = tile_rows(Layout::x86);
    const u64 stride = row_bytes(weight.type, weight.columns);
    for (u32 tile = 0; tile < weight.tiles; tile++) {
      pack_row_tile(Layout::x86, weight.type, weight.columns, std::min(rows, weight.rows - tile * rows), tensor->data + u64{tile} * rows * stride,
                    out + weight.offset + tile * weight.stride);
    }
  }
}

}  // namespace

X86Program::X86Program(const std::string& gguf, const std::string& arch, Fuse fuse, u32 ctx, u32 threads) {
  const Target target = find_target(arch);
  const Model model = read_model(std::shared_ptr<const GgufFile>(GgufFile::open(gguf)));
  plan_ = make_plan(model, target, {.ctx = ctx, .fuse = fuse});
  BuildRequest request;
  request.source = emit(plan_);
  request.target = &target;
  const BuildResult built = build_in_process(request);
  storage_.resize(plan_.weight_bytes + 4096);
  u8* packed = reinterpret_cast<u8*>(align_up(reinterpret_cast<u64>(storage_.data()), 4096));
  pack(model, plan_, packed);

  device_ = open_cpu(plan_, {.threads = threads});
  device_->load(built.object);
  args_.arena = static_cast<u8*>(device_->allocate(plan_.arena_bytes));
  args_.weights = static_cast<const u8*>(device_->place_weights({packed, plan_.weight_bytes}));
  args_.kv = static_cast<u8*>(device_->allocate(plan_.kv_bytes_per_position * plan_.ctx));
  device_->allocate_ring(&args_.ring);
  args_.workers = device_->workers(plan_);
  args_.ctx = static_cast<int>(plan_.ctx);
  device_->prepare(plan_.prefill, args_);
  device_->prepare(plan_.decode, args_);
  device_->capture(plan_.decode, args_);
  abi::State start = state();
  start.sampler = {.temp = 0, .top_p = 1, .repeat_penalty = 1};
  start.remaining = 1 << 30;
  start.finish = abi::running;
  start.spin_limit_ms = 2000;
  set_state(start);
}

void X86Program::prompt(const std::vector<int>& tokens) {
  device_->upload(args_.arena + plan_.buffer("tokens").offset, tokens.data(), tokens.size() * sizeof(int));
  const u32 total = static_cast<u32>(tokens.size());
  u32 n = 0;
  for (u32 start = 0; start < total; start += n) {
    n = std::min(plan_.chunk, total - start);
    for (const Launch& launch : plan_.prefill) device_->launch(launch, args_, launch.layer, static_cast<int>(start), static_cast<int>(n));
  }
  device_->launch(plan_.head.front(), args_, -1, static_cast<int>(n) - 1, 1);
  device_->synchronize();
  abi::State now = state();
  now.pos = static_cast<int>(tokens.size());
  set_state(now);
}

void X86Program::sample() {
  device_->launch(plan_.sample.front(), args_, -1, 0, 1);
  device_->synchronize();
}

void X86Program::decode(int steps) {
  for (int i = 0; i < steps; i++) device_->replay();
  device_->synchronize();
}

double X86Program::time_phase(const std::string& kernel, int passes) {
  const bool prompt = kernel.starts_with("prefill_");
  std::vector<Launch> launches;
  for (const Launch& launch : prompt ? plan_.prefill : plan_.decode_op) {
    if (launch.kernel.starts_with(kernel)) launches.push_back(launch);
  }
  device_->prepare(launches, args_);
  double best = 1e9;
  for (int i = 0; i < passes; i++) {
    const auto start = std::chrono::steady_clock::now();
    for (const Launch& launch : launches) {
      device_->launch(launch, args_, launch.layer, prompt ? 0 : decode_start(launch), prompt ? static_cast<int>(plan_.chunk) : 1);
    }
    device_->synchronize();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

abi::State X86Program::state() {
  abi::State now;
  device_->download(&now, args_.arena, sizeof now);
  return now;
}

void X86Program::set_state(const abi::State& state) { device_->upload(args_.arena, &state, sizeof state); }

}  // namespace llmc
