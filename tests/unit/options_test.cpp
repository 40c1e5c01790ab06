// Numbers, choices and names on a command line: what is read, and what the user is told.
#include "common/options.h"
#include <optional>
#include <gtest/gtest.h>
#include "common/types.h"

namespace llmc {
namespace {

enum class Colour { red, blue };

struct Options {
  u32 count = 7;
  int any = 0;
  float share = 0.5f, scale = 1, temperature = 0.8f;
  std::vector<u32> list = {1, 2};
  std::optional<Colour> colour;
  std::string format = "md", file;
  std::string fault;  // what the user is told

  explicit Options(std::vector<std::string> words) {
    CLI::App app;
    add_number(app, "-c,--count", count, {1, 4096}, "");
    add_number(app, "--any", any, {}, "");
    add_number(app, "--share", share, {0, 1}, "");
    add_number(app, "--scale", scale, {.least = 0, .above = true}, "");
    add_number(app, "--temp", temperature, {}, "");
    add_numbers(app, "-l,--list", list, {}, "");
    add_choice<Colour>(app, "--colour", colour, {{"red", Colour::red}, {"blue", Colour::blue}}, "");
    add_choice(app, "--format", format, {"md", "json"}, "")->capture_default_str();
    add_name(app, "-o,--output", file, "");
    help = app.help();
    std::reverse(words.begin(), words.end());
    try {
      app.parse(words);
    } catch (const CLI::ParseError& error) {
      fault = usage_text(app, error);
    }
  }
  std::string help;
};

TEST(Options, EveryValueIsRead) {
  const Options o({"-c", "4096", "--any", "-5", "--share", ".25", "--scale", "1e-3", "--temp", "-1", "-l", "0,10", "-l", "4294967295", "--colour", "blue",
                   "--format", "json"});
  ASSERT_EQ(o.fault, "");
  EXPECT_EQ(o.count, 4096u);
  EXPECT_EQ(o.any, -5);
  EXPECT_FLOAT_EQ(o.share, 0.25f);
  EXPECT_FLOAT_EQ(o.scale, 1e-3f);
  EXPECT_FLOAT_EQ(o.temperature, -1);
  EXPECT_EQ(o.list, (std::vector<u32>{0, 10, 4294967295u}));
  EXPECT_EQ(o.colour, Colour::blue);
  EXPECT_EQ(o.format, "json");
}

TEST(Options, WhatIsNotGivenStays) {
  const Options o({});
  EXPECT_EQ(o.count, 7u);
  EXPECT_EQ(o.list, (std::vector<u32>{1, 2}));
  EXPECT_FALSE(o.colour.has_value());
}

TEST(Options, NumbersAreDecimal) {
  EXPECT_EQ(Options({"-c", "010"}).count, 10u);
  EXPECT_EQ(Options({"-c", "0x10"}).fault, "--count: '0x10' is not a whole number from 1 to 4096.");
}

TEST(Options, TheMessageSaysWhatIsAllowed) {
  const std::string whole = " is not a whole number from 1 to 4096.";
  for (const char* wrong : {"abc", "0", "-1", "4097", "5x", " 5", "", "1.5", "99999999999999999999"}) {
    EXPECT_EQ(Options({"--count", wrong}).fault, "--count: '" + std::string(wrong) + "'" + whole);
  }
  EXPECT_EQ(Options({"--share", "1.5"}).fault, "--share: '1.5' is not a number from 0 to 1.");
  EXPECT_EQ(Options({"--share", "nan"}).fault, "--share: 'nan' is not a number from 0 to 1.");
  EXPECT_EQ(Options({"--scale", "0"}).fault, "--scale: '0' is not a number above 0.");
  for (const char* wrong : {"nan", "inf", "-inf", "1e99", "warm", ""}) {
    EXPECT_EQ(Options({"--temp", wrong}).fault, "--temp: '" + std::string(wrong) + "' is not a finite number.");
  }
  for (const char* wrong : {"", ",", "1,", ",1", "1,,2"}) {
    EXPECT_EQ(Options({"--list", wrong}).fault, "--list: '' is not a whole number from 0 to 4294967295.") << wrong;
  }
  EXPECT_EQ(Options({"-l", "1,b"}).fault, "--list: 'b' is not a whole number from 0 to 4294967295.");
  EXPECT_EQ(Options({"--colour", "green"}).fault, "--colour: 'green' is none of red, blue.");
  EXPECT_EQ(Options({"--format", ""}).fault, "--format: '' is none of md, json.");
}

TEST(Options, AMissingValueAndOneTooMany) {
  EXPECT_EQ(Options({"--count"}).fault, "--count needs a value behind it.");
  EXPECT_EQ(Options({"-c", "1", "--count", "2"}).fault, "--count is given more than once; it takes one value.");
}

TEST(Options, AFlagInTheValuesPlaceIsNoName) {
  EXPECT_EQ(Options({"-o", "-"}).file, "-");
  EXPECT_EQ(Options({"--output=a-b"}).file, "a-b");
  EXPECT_EQ(Options({"-o", "-c", "1"}).fault, "--output: its value is missing ('-c' behind it is a flag). Give one, or leave the flag out.");
  EXPECT_EQ(Options({"-o", "--count=1"}).fault, "--output: its value is missing ('--count=1' behind it is a flag). Give one, or leave the flag out.");
  EXPECT_EQ(Options({"-o", ""}).fault, "--output: '' is no value. Give one, or leave the flag out.");
}

TEST(Options, StrayWordsAreNamedInTheirOrder) {
  EXPECT_EQ(Options({"one"}).fault, "The following argument was not expected: one");
  EXPECT_EQ(Options({"one", "-c", "1", "--two", "--", "--three"}).fault, "The following arguments were not expected: one --two --three");
}

// Also where something is missing: it may have been meant for that.
TEST(Options, AStrayWordGoesBeforeWhatIsMissing) {
  CLI::App app;
  app.require_subcommand(1);
  app.add_subcommand("make")->add_option("model")->required();
  const auto fault = [&app](std::vector<std::string> words) {
    std::reverse(words.begin(), words.end());
    try {
      app.parse(words);
    } catch (const CLI::ParseError& error) {
      return usage_text(app, error);
    }
    return std::string();
  };
  EXPECT_EQ(fault({"--bogus"}), "The following argument was not expected: --bogus");
  EXPECT_EQ(fault({"make", "--bogus"}), "The following argument was not expected: --bogus");
  EXPECT_EQ(fault({"make"}), "model is required");
}

TEST(Options, TheHelpNamesChoicesAndDefaults) {
  const std::string help = Options({}).help;
  EXPECT_NE(help.find("--colour red|blue"), std::string::npos) << help;
  EXPECT_NE(help.find("--format md|json=md"), std::string::npos) << help;
}

}  // namespace
}  // namespace llmc
