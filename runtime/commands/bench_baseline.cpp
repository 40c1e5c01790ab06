#include "runtime/commands/bench_baseline.h"
#include "common/error.h"
#include "common/read_file.h"
#include "common/text.h"
#include "compiler/pack/atomic_file.h"
#include "runtime/output.h"

namespace llmc {
namespace {

using nlohmann::ordered_json;

// The figures that are compared. Not the start of the process nor the slowest hundredth of the tokens: they say more about what else the
// machine was doing.
struct Figure {
  const char* key;
  const char* title;
  bool more_is_better;
};
constexpr Figure figures[] = {{"avg_ts", "t/s", true}, {"ttft_ms", "ttft ms", false}, {"p50_ms", "p50 ms", false}, {"p95_ms", "p95 ms", false}};

std::string test_name(const ordered_json& row) {
  return bench_test_name(row.at("n_prompt").get<u32>(), row.at("n_gen").get<u32>(), row.at("n_depth").get<u32>());
}

// A figure of a row; 0 where its test does not measure it (null).
double value_of(const ordered_json& row, const Figure& figure) {
  const ordered_json& value = row.at(figure.key);
  return value.is_null() ? 0 : value.get<double>();
}

// How much slower `now` is, as a share of `before`; below 0: faster.
double slowdown(const Figure& figure, double before, double now) { return figure.more_is_better ? before / now - 1 : now / before - 1; }

}  // namespace

std::string bench_test_name(u32 n_prompt, u32 n_gen, u32 n_depth) {
  const std::string name = n_gen == 0 ? fmt::format("pp{}", n_prompt) : fmt::format("tg{}", n_gen);
  return n_depth == 0 ? name : fmt::format("{} @ d{}", name, n_depth);
}

void save_baseline(const std::string& path, const BenchSubject& subject, const ordered_json& rows) {
  const ordered_json file = {{"llmc", subject.llmc},     {"model", subject.model},   {"model_hash", subject.model_hash},
                             {"arch", subject.arch},     {"fuse", subject.fuse},     {"device", subject.device},
                             {"driver", subject.driver}, {"workers", subject.workers}, {"tests", rows}};
  const std::string text = file.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  AtomicFile out(path, {}, "--save-baseline");
  out.append({reinterpret_cast<const u8*>(text.data()), text.size()});
  out.commit(false);
}

Baseline::Baseline(const std::string& path) : path_(printable(path, 1000)) {
  const std::string text = read_text_file(path, "--compare-baseline");
  try {
    file_ = ordered_json::parse(text);
    for (const char* key : {"llmc", "model", "model_hash", "arch", "fuse", "device", "driver"}) file_.at(key).get_ref<const std::string&>();
    file_.at("workers").get<u32>();
    for (const ordered_json& row : file_.at("tests")) {
      test_name(row);
      for (const Figure& figure : figures) value_of(row, figure);
    }
  } catch (const ordered_json::exception& error) {
    const bool json = dynamic_cast<const ordered_json::parse_error*>(&error) == nullptr;
    fail(Exit::bad_input, "{} is not a baseline of `bench`: {}. `bench --save-baseline FILE` makes one.", path_,
         json ? "what was measured, or its figures, are not in it" : "it is not JSON");
  }
}

const ordered_json* Baseline::find_test(const ordered_json& row) const {
  for (const ordered_json& test : file_.at("tests")) {
    if (test_name(test) == test_name(row)) return &test;
  }
  return nullptr;
}

void Baseline::check_fits(const BenchSubject& subject, const ordered_json& rows) const {
  const auto same = [&](const char* what, const std::string& theirs, const std::string& ours) {
    if (theirs == ours) return;
    fail(Exit::bad_input, "{} is the baseline of another {}: {}; here it is {}. Compare with one that --save-baseline wrote for this program on this machine.",
         path_, what, printable(theirs), printable(ours));
  };
  const auto text = [&](const char* key) { return file_.at(key).get<std::string>(); };
  same("arch", text("arch"), subject.arch);
  same("model", fmt::format("{} (hash {})", text("model"), text("model_hash")), fmt::format("{} (hash {})", subject.model, subject.model_hash));
  same("device", text("device"), subject.device);
  same("number of workers", std::to_string(file_.at("workers").get<u32>()), std::to_string(subject.workers));
  for (const ordered_json& row : rows) {
    if (find_test(row) != nullptr) continue;
    std::string known;
    for (const ordered_json& test : file_.at("tests")) known += (known.empty() ? "" : ", ") + test_name(test);
    fail(Exit::bad_input, "{} has no figures of the test {}, only of {}. Measure those (-p, -n, -d), or save a new baseline.", path_, test_name(row),
         known.empty() ? "none" : known);
  }
}

Baseline::Comparison Baseline::compare(const BenchSubject& subject, const ordered_json& rows) const {
  Comparison result = {"| test | figure | baseline | now | change | |\n| --- | --- | ---: | ---: | ---: | --- |\n", false};
  for (const ordered_json& row : rows) {
    const ordered_json& before = *find_test(row);
    for (const Figure& figure : figures) {
      const double old_value = value_of(before, figure), new_value = value_of(row, figure);
      if (!(old_value > 0) || !(new_value > 0)) continue;  // what the test does not measure
      const bool slower = slowdown(figure, old_value, new_value) > baseline_tolerance;
      result.slower = result.slower || slower;
      result.text += fmt::format("| {} | {} | {:.3f} | {:.3f} | {:+.1f}% | {} |\n", test_name(row), figure.title, old_value, new_value,
                                 100 * (new_value / old_value - 1), slower ? "slower" : "");
    }
  }
  const auto versions = [&](const char* what, const char* key, const std::string& ours) {
    if (const auto theirs = file_.at(key).get<std::string>(); theirs != ours) result.text += fmt::format("{}: {} then, {} now\n", what, printable(theirs), ours);
  };
  versions("llmc", "llmc", subject.llmc);
  versions("fusion level", "fuse", subject.fuse);
  versions("driver", "driver", subject.driver);
  return result;
}

}  // namespace llmc
