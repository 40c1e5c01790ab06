// `bench`: tokens per second of prompts and of decoding, in the columns and keys of llama-bench, one row a test. Not counted:
// tokenizing. Counted: sampling, since it is part of a step; greedy unless the flags of sampling say otherwise.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include "common/error.h"
#include "common/options.h"
#include "common/text.h"
#include "compiler/pack/atomic_file.h"
#include "runtime/commands/bench_baseline.h"
#include "runtime/commands/commands.h"
#include "runtime/commands/phases.h"
#include "runtime/output.h"

namespace llmc {
namespace {

using Clock = std::chrono::steady_clock;

struct BenchFlags {
  BenchFlags() { sampling.sampler.temp = 0; }
  EngineFlags engine;
  SamplingFlags sampling;
  std::vector<u32> prompts = {512}, gens = {128}, depths = {0};
  u32 repetitions = 5;
  std::string format = "md";
  bool phases = false;
  std::string trace;  // file
  std::string save_baseline, compare_baseline;
};

struct Row {
  u32 n_prompt = 0, n_gen = 0, n_depth = 0;
  std::vector<double> samples_ns;  // of each repetition
  std::vector<double> token_ms;    // of each decoded token, over all repetitions
  double ttft_ms = 0;              // mean over repetitions, from the prompt to the first sampled token

  u32 tokens() const { return n_prompt + n_gen; }
  std::vector<double> samples_ts() const {
    std::vector<double> result;
    for (const double ns : samples_ns) result.push_back(tokens() * 1e9 / ns);
    return result;
  }
};

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double deviation(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double middle = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - middle) * (value - middle);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

// A figure that a test does not measure is none: "-" in the table, null in JSON.
using Figure = std::optional<double>;

Figure percentile(std::vector<double> values, double share) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(share * static_cast<double>(values.size())))];
}

double ns_between(Clock::time_point from, Clock::time_point to) { return std::chrono::duration<double, std::nano>(to - from).count(); }

// Which tokens does not matter to the work, only that they differ.
std::vector<i32> some_tokens(u32 count, u32 vocab) {
  std::vector<i32> tokens(count);
  u32 state = 12345;
  for (i32& token : tokens) {
    state = state * 1664525u + 1013904223u;
    token = static_cast<i32>((state >> 8) % vocab);
  }
  return tokens;
}

void run_test(Engine& engine, Row& row, const abi::Sampler& sampler, u32 repetitions) {
  const u32 vocab = engine.plan().shape.vocab;
  const std::vector<i32> history = some_tokens(row.n_depth, vocab);
  const std::vector<i32> prompt = some_tokens(std::max(1u, row.n_prompt), vocab);
  engine.rewind(0);
  if (!history.empty()) engine.feed(history);
  double ttft_ns = 0;
  for (u32 i = 0; i <= repetitions; ++i) {  // the first is the warm-up
    engine.rewind(row.n_depth);
    std::vector<Clock::time_point> arrivals;
    const Clock::time_point start = Clock::now();
    engine.feed(prompt);
    const Clock::time_point fed = Clock::now();
    const Generated made = engine.generate({sampler, i64{row.n_gen} + 1, {}}, [&](i32) {
      arrivals.push_back(Clock::now());
      return true;
    });
    if (made.tokens != row.n_gen + 1) fail(Exit::device, "The device made {} tokens of {}. Run `selftest`.", made.tokens, row.n_gen + 1);
    if (i == 0) continue;
    ttft_ns += ns_between(start, arrivals.front());
    row.samples_ns.push_back(row.n_gen == 0 ? ns_between(start, fed) : ns_between(arrivals.front(), arrivals.back()));
    for (size_t k = 1; k < arrivals.size(); ++k) row.token_ms.push_back(ns_between(arrivals[k - 1], arrivals[k]) / 1e6);
  }
  row.ttft_ms = ttft_ns / repetitions / 1e6;
}

std::string test_name(const Row& row) { return bench_test_name(row.n_prompt, row.n_gen, row.n_depth); }

// Weight bytes that decoding reads in a second; a prompt reads them once a chunk, which says nothing about the memory.
Figure gb_per_s(const Row& row, const Plan& plan) {
  if (row.n_gen == 0) return std::nullopt;
  return mean(row.samples_ts()) * static_cast<double>(plan.decode_bytes) / 1e9;
}

std::string as_cell(Figure figure, int decimals) { return figure ? fmt::format("{:.{}f}", *figure, decimals) : "-"; }
nlohmann::ordered_json as_value(Figure figure) { return figure ? nlohmann::ordered_json(*figure) : nlohmann::ordered_json(nullptr); }

std::string as_markdown(const std::vector<Row>& rows, const Program& program, Engine& engine) {
  std::string text = "| model | size | arch | fuse | workers | test | t/s | GB/s | ttft ms | p50 ms | p95 ms | p99 ms |\n"
                     "| --- | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
  for (const Row& row : rows) {
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {:.2f} ± {:.2f} | {} | {:.2f} | {} | {} | {} |\n", program.title(),
                        mebibytes(program.plan.weight_bytes), program.plan.arch, fuse_name(program.plan.fuse), engine.workers(), test_name(row),
                        mean(row.samples_ts()), deviation(row.samples_ts()), as_cell(gb_per_s(row, program.plan), 1), row.ttft_ms,
                        as_cell(percentile(row.token_ms, 0.5), 3), as_cell(percentile(row.token_ms, 0.95), 3), as_cell(percentile(row.token_ms, 0.99), 3));
  }
  return text;
}

nlohmann::ordered_json as_json(const std::vector<Row>& rows, const Program& program, Engine& engine, double start_ms) {
  auto list = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    const std::vector<double> ts = row.samples_ts();
    list.push_back({{"build_commit", program.image->version()},
                    {"device", engine.device().name},
                    {"arch", program.plan.arch},
                    {"fuse", fuse_name(program.plan.fuse)},
                    {"model_type", program.title()},
                    {"model_size", program.plan.weight_bytes},
                    {"n_threads", engine.workers()},
                    {"n_prompt", row.n_prompt},
                    {"n_gen", row.n_gen},
                    {"n_depth", row.n_depth},
                    {"avg_ns", mean(row.samples_ns)},
                    {"stddev_ns", deviation(row.samples_ns)},
                    {"avg_ts", mean(ts)},
                    {"stddev_ts", deviation(ts)},
                    {"samples_ns", row.samples_ns},
                    {"samples_ts", ts},
                    {"gb_per_s", as_value(gb_per_s(row, program.plan))},
                    {"start_ms", start_ms},
                    {"ttft_ms", row.ttft_ms},
                    {"p50_ms", as_value(percentile(row.token_ms, 0.5))},
                    {"p95_ms", as_value(percentile(row.token_ms, 0.95))},
                    {"p99_ms", as_value(percentile(row.token_ms, 0.99))},
                    {"memory_bytes", engine.need().total()}});
  }
  return list;
}

BenchSubject subject_of(const Program& program, Engine& engine) {
  return {program.image->version(), program.title(), program.image->identity(), program.plan.arch, fuse_name(program.plan.fuse), engine.device().name,
          engine.device().driver, engine.workers()};
}

// Before anything is measured: whether --phases or --trace can be answered.
void check_phases(const BenchFlags& flags, const std::vector<Row>& rows, const Program& program) {
  const char* flag = flags.phases ? "--phases" : "--trace";
  if (!has_phase_marks(program.plan)) {
    fail(Exit::usage, "{} is for programs compiled for a GPU with --fuse=model; this one is {} at {}. Leave it out, or compile such a program.", flag,
         program.plan.arch, fuse_name(program.plan.fuse));
  }
  if (std::none_of(rows.begin(), rows.end(), [](const Row& row) { return row.n_gen != 0; })) fail(Exit::usage, "{} times decoding: give -n a number above 0.", flag);
}

// Before anything is measured: where --trace and --save-baseline would write. A new baseline may replace the one compared with, which
// has been read by then.
void check_outputs(const BenchFlags& flags, const Program& program) {
  std::vector<std::string> inputs = input_files(program, flags.engine);
  if (!flags.save_baseline.empty()) checked_output(flags.save_baseline, inputs, "--save-baseline");
  if (!flags.compare_baseline.empty()) inputs.push_back(flags.compare_baseline);
  if (!flags.trace.empty()) checked_output(flags.trace, inputs, "--trace");
}

// Where the time of the last token of the last test that decodes went.
void report_phases(const BenchFlags& flags, const std::vector<Row>& rows, Engine& engine) {
  const Row* last = nullptr;
  for (const Row& row : rows) last = row.n_gen == 0 ? last : &row;
  require(last != nullptr, "phases of a test that decodes");
  const double token_ms = mean(last->token_ms);
  if (flags.phases) write_out("\n" + phases_table(engine, token_ms));
  if (flags.trace.empty()) return;
  AtomicFile file(flags.trace, {}, "--trace");
  const std::string text = phases_trace(engine, token_ms);
  file.append({reinterpret_cast<const u8*>(text.data()), text.size()});
  file.commit(false);
}

int bench(const BenchFlags& flags) {
  const Program program = open_program();
  std::vector<Row> rows;
  u32 positions = 0;
  for (const u32 depth : flags.depths) {
    for (const u32 n : flags.prompts) {
      if (n != 0) rows.push_back({n, 0, depth, {}, {}, 0});
    }
    for (const u32 n : flags.gens) {
      if (n != 0) rows.push_back({0, n, depth, {}, {}, 0});
    }
  }
  for (const Row& row : rows) {
    const u64 need = u64{row.n_depth} + std::max(1u, row.n_prompt) + row.n_gen;
    if (need > program.plan.ctx) {
      fail(Exit::usage, "The test {} needs {} positions; this program holds {}. Ask for less, or compile with a larger --ctx.", test_name(row), need,
           program.plan.ctx);
    }
    positions = std::max(positions, static_cast<u32>(need));
  }
  if (rows.empty()) fail(Exit::usage, "Nothing to measure: give -p or -n a number above 0.");
  EngineFlags engine_flags = flags.engine;
  // Room for the token sampled last, so that no test ends on a full context.
  engine_flags.ctx = std::min(program.plan.ctx, positions + 1);
  engine_flags.timed = flags.phases || !flags.trace.empty();
  if (engine_flags.timed) check_phases(flags, rows, program);
  std::optional<Baseline> baseline;
  if (!flags.compare_baseline.empty()) baseline.emplace(flags.compare_baseline);
  check_outputs(flags, program);
  RunningEngine engine(program, engine_flags);
  const double start_ms = ms_since_start();
  const BenchSubject subject = subject_of(program, *engine);
  if (baseline) baseline->check_fits(subject, as_json(rows, program, *engine, start_ms));
  const abi::Sampler sampler = flags.sampling.resolved();
  for (Row& row : rows) run_test(*engine, row, sampler, flags.repetitions);
  const nlohmann::ordered_json json = as_json(rows, program, *engine, start_ms);
  if (flags.format == "json") {
    write_out(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  } else {
    write_out(as_markdown(rows, program, *engine));
    write_out(fmt::format("\n{}; start {:.0f} ms; memory {}\n", engine->device().name, start_ms, describe(engine->need(), engine->ctx())));
  }
  if (engine_flags.timed) report_phases(flags, rows, *engine);
  if (!flags.save_baseline.empty()) save_baseline(flags.save_baseline, subject, json);
  if (!baseline) return 0;
  const Baseline::Comparison comparison = baseline->compare(subject, json);
  note(comparison.text);
  if (comparison.slower) note(fmt::format("Slower than {} by more than {:.0f}%.", flags.compare_baseline, 100 * baseline_tolerance));
  return static_cast<int>(comparison.slower ? Exit::failed : Exit::ok);
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("bench", "measure tokens per second");
  const auto flags = std::make_shared<BenchFlags>();
  add_numbers(*command, "-p,--n-prompt", flags->prompts, {}, "prompt tokens (0: skip)")->capture_default_str()->type_name("N,...");
  add_numbers(*command, "-n,--n-gen", flags->gens, {}, "tokens to decode (0: skip)")->capture_default_str()->type_name("N,...");
  add_numbers(*command, "-d,--n-depth", flags->depths, {}, "tokens in the context before a test")->capture_default_str()->type_name("N,...");
  add_number(*command, "-r,--repetitions", flags->repetitions, {1, 1000}, "repetitions, after one to warm up")->capture_default_str()->type_name("N");
  add_choice(*command, "-o,--output", flags->format, {"md", "json"}, "a table or JSON")->capture_default_str();
  command->add_flag("--phases", flags->phases, "after the last test, where a token's time went: a table (GPU, --fuse=model)");
  add_name(*command, "--trace", flags->trace, "the same as trace events for chrome://tracing")->type_name("FILE");
  add_name(*command, "--save-baseline", flags->save_baseline, "keep the figures in a file")->type_name("FILE");
  add_name(*command, "--compare-baseline", flags->compare_baseline, "compare with kept figures: exit 1 where one is more than 10% slower")->type_name("FILE");
  add_sampling_flags(*command, flags->sampling);
  add_engine_flags(*command, flags->engine, false);
  command->callback([&action, flags] { action = [flags] { return bench(*flags); }; });
}

}  // namespace llmc
