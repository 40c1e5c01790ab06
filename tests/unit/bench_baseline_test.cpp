// Baselines of `bench`: what is compared, what counts as slower, and what is refused.
#include "runtime/commands/bench_baseline.h"
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include "common/error.h"
#include "tests/unit/gguf_builder.h"
#include "tests/unit/refusal.h"

namespace llmc {
namespace {

using nlohmann::ordered_json;

ordered_json prompt_row(double ts, double ttft) {
  return {{"n_prompt", 512}, {"n_gen", 0}, {"n_depth", 0}, {"avg_ts", ts}, {"ttft_ms", ttft}, {"p50_ms", nullptr}, {"p95_ms", nullptr}};
}
ordered_json decode_row(double ts, double ttft, double p50, double p95) {
  return {{"n_prompt", 0}, {"n_gen", 128}, {"n_depth", 64}, {"avg_ts", ts}, {"ttft_ms", ttft}, {"p50_ms", p50}, {"p95_ms", p95}};
}

class BenchBaseline : public testing::Test {
 protected:
  BenchBaseline() : file_("") {
    save_baseline(file_.path(), subject_, ordered_json::array({prompt_row(1000, 500), decode_row(100, 10, 9, 12)}));
  }
  Baseline::Comparison compare(const ordered_json& rows) const { return Baseline(file_.path()).compare(subject_, rows); }

  BenchSubject subject_ = {"1.0", "a model", "abc", "sm_90", "block", "NVIDIA H200", "580.1", 132};
  test::TemporaryFile file_;
};

TEST_F(BenchBaseline, TenPercentIsTheLimit) {
  EXPECT_FALSE(compare(ordered_json::array({prompt_row(1000, 500), decode_row(100, 10, 9, 12)})).slower);
  EXPECT_FALSE(compare(ordered_json::array({prompt_row(920, 540), decode_row(92, 10.9, 9.8, 13)})).slower);
  EXPECT_FALSE(compare(ordered_json::array({prompt_row(5000, 50)})).slower);
}

TEST_F(BenchBaseline, AnyFigureCounts) {
  const ordered_json slower[] = {prompt_row(900, 500), prompt_row(1000, 560), decode_row(90, 10, 9, 12), decode_row(100, 11.1, 9, 12),
                                 decode_row(100, 10, 10, 12), decode_row(100, 10, 9, 13.3)};
  for (const ordered_json& row : slower) {
    const Baseline::Comparison result = compare(ordered_json::array({row}));
    EXPECT_TRUE(result.slower) << row;
    size_t marks = 0;
    for (size_t at = result.text.find("slower"); at != std::string::npos; at = result.text.find("slower", at + 1)) marks++;
    EXPECT_EQ(marks, 1u) << result.text;
  }
}

TEST_F(BenchBaseline, TheTableHasTheFigures) {
  const std::string text = compare(ordered_json::array({decode_row(80, 10, 9, 12)})).text;
  EXPECT_NE(text.find("| tg128 @ d64 | t/s | 100.000 | 80.000 | -20.0% | slower |"), std::string::npos) << text;
  EXPECT_NE(text.find("| tg128 @ d64 | p50 ms | 9.000 | 9.000 | +0.0% |  |"), std::string::npos) << text;
}

TEST_F(BenchBaseline, WhatATestDoesNotMeasureIsNotCompared) {
  const std::string text = compare(ordered_json::array({prompt_row(1000, 500)})).text;
  EXPECT_NE(text.find("| pp512 | ttft ms |"), std::string::npos) << text;
  EXPECT_EQ(text.find("p50"), std::string::npos) << text;
}

TEST_F(BenchBaseline, AnotherVersionIsNotedNotRefused) {
  subject_.driver = "590.2";
  subject_.fuse = "model";
  const auto rows = ordered_json::array({decode_row(100, 10, 9, 12)});
  EXPECT_NO_THROW(Baseline(file_.path()).check_fits(subject_, rows));
  const std::string text = compare(rows).text;
  EXPECT_NE(text.find("driver: 580.1 then, 590.2 now"), std::string::npos) << text;
  EXPECT_NE(text.find("fusion level: block then, model now"), std::string::npos) << text;
}

TEST_F(BenchBaseline, AnotherSubjectIsRefusedByName) {
  const auto rows = ordered_json::array({decode_row(100, 10, 9, 12)});
  const auto refused = [&](const BenchSubject& subject, const char* what, const char* theirs, const char* ours) {
    const std::string message = test::refusal(Exit::bad_input, [&] { Baseline(file_.path()).check_fits(subject, rows); });
    for (const char* part : {what, theirs, ours, "--save-baseline"}) EXPECT_NE(message.find(part), std::string::npos) << part << " is not in: " << message;
  };
  BenchSubject other = subject_;
  other.model_hash = "def";
  refused(other, "another model", "hash abc", "hash def");
  other = subject_;
  other.arch = "sm_80";
  refused(other, "another arch", "sm_90", "sm_80");
  other = subject_;
  other.device = "NVIDIA A100";
  refused(other, "another device", "NVIDIA H200", "NVIDIA A100");
  other = subject_;
  other.workers = 66;
  refused(other, "another number of workers", "132", "66");
}

TEST_F(BenchBaseline, ATestThatItLacksIsRefusedWithTheList) {
  ordered_json row = prompt_row(1, 1);
  row["n_prompt"] = 256;
  const std::string message = test::refusal(Exit::bad_input, [&] { Baseline(file_.path()).check_fits(subject_, ordered_json::array({row})); });
  EXPECT_NE(message.find("no figures of the test pp256, only of pp512, tg128 @ d64"), std::string::npos) << message;
}

TEST_F(BenchBaseline, WhatIsNoBaselineIsRefused) {
  test::refusal(Exit::bad_input, [] { Baseline("/nonexistent/baseline.json"); });
  for (const char* text : {"", "{", "[]", "{}", "{\"llmc\": 3}", "\xff\xfe", "[1, 2"}) {
    const test::TemporaryFile broken(text);
    EXPECT_NE(test::refusal(Exit::bad_input, [&] { Baseline b(broken.path()); }).find("not a baseline"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace llmc
