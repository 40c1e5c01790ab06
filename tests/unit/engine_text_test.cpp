// Stop strings, and the choice among a program's code sections.
#include <gtest/gtest.h>
#include "common/error.h"
#include "runtime/choose_code.h"
#include "runtime/stop_filter.h"

namespace llmc::test {
namespace {

std::string through(StopFilter& filter, const std::vector<std::string>& pieces) {
  std::string text;
  for (const std::string& piece : pieces) text += filter.feed(piece);
  return text;
}

TEST(StopFilter, CutsAtAStopStringThatSpansTokens) {
  StopFilter filter({"END"});
  EXPECT_EQ(through(filter, {"one E", "N", "D two"}), "one ");
  EXPECT_TRUE(filter.stopped());
  EXPECT_EQ(filter.feed("more") + filter.flush(), "");
}

TEST(StopFilter, HoldsBackOnlyWhatMayBecomeAStop) {
  StopFilter filter({"END"});
  EXPECT_EQ(filter.feed("one E"), "one ");
  EXPECT_EQ(filter.feed("Nd"), "ENd");
  EXPECT_EQ(filter.feed("EEN"), "E");
  EXPECT_FALSE(filter.stopped());
  EXPECT_EQ(filter.flush(), "EN");
}

TEST(StopFilter, TheEarliestOfSeveralWins) {
  StopFilter filter({"world", "lo w", ""});
  EXPECT_EQ(filter.feed("hello world"), "hel");
  EXPECT_TRUE(filter.stopped());
}

TEST(StopFilter, WithoutStopsEverythingPasses) {
  StopFilter filter({});
  EXPECT_EQ(filter.feed("a\xc3"), "a\xc3");
}

TEST(ChooseCode, PrefersTheCubinThatFits) {
  const std::vector<CodeEntry> entries = {{"ptx", "sm_80", {}}, {"cubin", "sm_80", {}}};
  EXPECT_EQ(choose_code(entries, "GPU", "sm_80").kind, "cubin");
  EXPECT_EQ(choose_code(entries, "GPU", "sm_86").kind, "cubin");  // the same major, a higher minor
  EXPECT_EQ(choose_code(entries, "GPU", "sm_90").kind, "ptx");
  EXPECT_EQ(choose_code(entries, "GPU", "sm_120").kind, "ptx");
  EXPECT_THROW(choose_code(entries, "GPU", "sm_75"), Error);
}

TEST(ChooseCode, AmdCodeRunsOnItsOwnArchOnly) {
  const std::vector<CodeEntry> entries = {{"hsaco", "gfx1100", {}}};
  EXPECT_EQ(choose_code(entries, "GPU", "gfx1100").arch, "gfx1100");
  try {
    choose_code(entries, "a card", "gfx1101");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::device);
    EXPECT_NE(std::string(error.what()).find("gfx1101"), std::string::npos);
  }
}

}  // namespace
}  // namespace llmc::test
