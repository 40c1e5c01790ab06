// Figures of `bench` kept in a file, to find out later whether something became slower.
#pragma once
#include <string>
#include <nlohmann/json.hpp>
#include "common/types.h"

namespace llmc {

// What was measured, where. A baseline speaks only of the same model, arch, device and number of workers; versions may differ: that is
// what it is for.
struct BenchSubject {
  std::string llmc, model, model_hash, arch, fuse, device, driver;
  u32 workers = 0;
};

// Writes `rows` (those of `bench -o json`) and what they belong to. Error(failed) where the file cannot be written.
void save_baseline(const std::string& path, const BenchSubject& subject, const nlohmann::ordered_json& rows);

class Baseline {
 public:
  // Error(bad_input) where `path` is absent or holds no baseline.
  explicit Baseline(const std::string& path);

  // Error(bad_input) naming the difference, where it is one of another model, arch or device, or has no figures of a test in `rows`
  // (whose n_prompt, n_gen and n_depth count).
  void check_fits(const BenchSubject& subject, const nlohmann::ordered_json& rows) const;

  struct Comparison {
    std::string text;  // a table in Markdown, one line a figure
    bool slower;       // some figure by more than baseline_tolerance
  };
  Comparison compare(const BenchSubject& subject, const nlohmann::ordered_json& rows) const;

 private:
  const nlohmann::ordered_json* find_test(const nlohmann::ordered_json& row) const;

  std::string path_;
  nlohmann::ordered_json file_;
};

constexpr double baseline_tolerance = 0.1;

// "pp512", "tg128", "tg128 @ d4096"
std::string bench_test_name(u32 n_prompt, u32 n_gen, u32 n_depth);

}  // namespace llmc
