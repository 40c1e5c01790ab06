// `selftest`: is this program whole, and does this device compute right? Checks every hash, then compares, on the device, the logits of
// the same tokens by three ways that must agree: the decode launches at level `op`, those at the level built, and the prompt path.
#include <algorithm>
#include <cmath>
#include <memory>
#include "common/error.h"
#include "runtime/commands/commands.h"
#include "runtime/output.h"

namespace llmc {
namespace {

// The paths do the same arithmetic in another order; one rounding of an activation that falls the other way is far below this.
constexpr double most_nmse = 1e-3;

// sum((a - b)^2) / sum(b^2); infinite where either holds what is no number.
double nmse(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  double difference = 0, power = 0;
  for (size_t row = 0; row < b.size(); ++row) {
    for (size_t i = 0; i < b[row].size(); ++i) {
      const double x = a[row][i], y = b[row][i];
      difference += (x - y) * (x - y);
      power += y * y;
    }
  }
  const double result = difference / power;
  return std::isfinite(result) ? result : std::numeric_limits<double>::infinity();
}

bool report(const std::string& what, double value) {
  const bool ok = value <= most_nmse;
  write_out(fmt::format("{:<34} NMSE {:.2e}  {}\n", what, value, ok ? "ok" : "WRONG"));
  return ok;
}

int selftest(const EngineFlags& flags) {
  const Program program = open_program();  // checks code, plan and tokenizer
  program.image->check_weights();
  write_out(fmt::format("{:<34} {} sections  ok\n", "hashes", program.image->sections().size()));

  RunningEngine engine(program, flags);
  const Plan& plan = program.plan;
  std::vector<i32> tokens(std::min<u32>(24, engine->ctx()));
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<i32>((i * 7919 + 13) % plan.shape.vocab);

  const auto decode = [&](const std::vector<Launch>& launches) {
    std::vector<std::vector<float>> rows;
    engine->rewind(0);
    for (const i32 token : tokens) rows.push_back(engine->step(token, launches));
    return rows;
  };
  const std::vector<std::vector<float>> reference = decode(plan.decode_op);
  bool ok = true;
  if (plan.fuse != Fuse::op) ok &= report(fmt::format("decode at {} against op", fuse_name(plan.fuse)), nmse(decode(plan.decode), reference));
  std::vector<std::vector<float>> prompt;
  engine->rewind(0);
  engine->feed(tokens, [&](std::span<const float> row) { prompt.emplace_back(row.begin(), row.end()); });
  ok &= report("prompt path against decode at op", nmse(prompt, reference));
  if (!ok) {
    fail(Exit::failed, "{} computes other logits on two ways that must agree. Its memory or driver may be faulty; please report it with the output of `info --json`.",
         engine->device().name);
  }
  return 0;
}

}  // namespace

void add_selftest(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("selftest", "check this file and this device");
  const auto flags = std::make_shared<EngineFlags>();
  add_engine_flags(*command, *flags, true);
  command->callback([&action, flags] { action = [flags] { return selftest(*flags); }; });
}

}  // namespace llmc
