// The GGUF reader on files that are right (the broken ones are in tests/error), and on hostile text.
#include "compiler/gguf/gguf.h"
#include <functional>
#include <gtest/gtest.h>
#include "common/error.h"
#include "common/text.h"
#include "tests/unit/gguf_builder.h"

namespace llmc {
namespace {

using test::GgufBuilder;
using test::raw;
using test::raw_string;
using test::TemporaryFile;

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::bad_input) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return {};
}

TEST(Gguf, ScalarsOfEveryType) {
  GgufBuilder b;
  b.entry("u8", 0, raw<u8>(200)).entry("i8", 1, raw<i8>(-5)).entry("u16", 2, raw<u16>(60000)).entry("i16", 3, raw<i16>(7));
  b.entry("u32", 4, raw<u32>(4000000000u)).entry("i32", 5, raw<i32>(-1)).entry("f32", 6, raw(1.5f)).flag("yes", true).flag("no", false);
  b.text("text", "x\ny").entry("u64", 10, raw<u64>(~0ull)).entry("i64", 11, raw<i64>(1ll << 40)).entry("f64", 12, raw(0.1));
  const TemporaryFile file(b.bytes());
  const auto g = GgufFile::open(file.path());
  EXPECT_EQ(g->version(), 3u);
  EXPECT_EQ(g->alignment(), 32u);
  EXPECT_EQ(g->get_uint("u8"), 200u);
  EXPECT_EQ(g->get_uint("u16"), 60000u);
  EXPECT_EQ(g->get_uint("i16"), 7u);
  EXPECT_EQ(g->get_uint("u32"), 4000000000u);
  EXPECT_EQ(g->get_uint("u64"), ~0ull);
  EXPECT_EQ(g->get_uint("i64"), 1ull << 40);
  EXPECT_EQ(g->get_float("f32"), 1.5);
  EXPECT_EQ(g->get_float("f64"), 0.1);
  EXPECT_EQ(g->get_bool("yes"), true);
  EXPECT_EQ(g->get_bool("no"), false);
  EXPECT_EQ(g->get_string("text"), "x\ny");
  EXPECT_TRUE(g->has("i8"));
  EXPECT_FALSE(g->has("i9"));
  EXPECT_EQ(g->get_uint("absent"), std::nullopt);
  EXPECT_EQ(g->get_string_array("absent"), std::nullopt);
  const auto items = g->metadata();
  ASSERT_EQ(items.size(), 13u);
  EXPECT_EQ(items[1].key, "i8");
  EXPECT_EQ(std::get<i64>(items[1].value), -5);
  EXPECT_EQ(items[6].text(), "1.5");
  EXPECT_STREQ(items[9].type, "string");
  EXPECT_EQ(items[9].text(), "x\\ny");
}

TEST(Gguf, AKeyOfAnotherKindIsNamed) {
  const TemporaryFile file(GgufBuilder().text("text", "abc").entry("minus", 5, raw<i32>(-3)).real("real", 2).strings("list", {"a"}).bytes());
  const auto g = GgufFile::open(file.path());
  EXPECT_NE(refusal([&] { g->get_uint("text"); }).find("key 'text' at offset 24 must be an integer"), std::string::npos);
  EXPECT_NE(refusal([&] { g->get_uint("minus"); }).find("-3"), std::string::npos);
  EXPECT_NE(refusal([&] { g->get_uint("real"); }).find("f32"), std::string::npos);
  EXPECT_NE(refusal([&] { g->get_float("minus"); }).find("must be a float"), std::string::npos);
  EXPECT_NE(refusal([&] { g->get_bool("minus"); }).find("must be a bool"), std::string::npos);
  EXPECT_NE(refusal([&] { g->get_string("real"); }).find("must be a string"), std::string::npos);
  EXPECT_NE(refusal([&] { g->get_int_array("list"); }).find("an array of type string"), std::string::npos);
  EXPECT_NE(refusal([&] { g->get_string_array("text"); }).find("array of strings"), std::string::npos);
}

TEST(Gguf, Arrays) {
  GgufBuilder b;
  b.strings("words", {"", "a", std::string("b\0c", 3)});
  b.entry("ints", 9, raw<u32>(5) + raw<u64>(3) + raw<i32>(-1) + raw<i32>(0) + raw<i32>(7));
  b.entry("bytes", 9, raw<u32>(0) + raw<u64>(2) + raw<u8>(255) + raw<u8>(1));
  b.entry("floats", 9, raw<u32>(6) + raw<u64>(2) + raw(0.25f) + raw(-1.0f));
  b.entry("wide", 9, raw<u32>(10) + raw<u64>(1) + raw<u64>(~0ull));
  const std::string inner = raw<u32>(8) + raw<u64>(1) + raw_string("deep");
  b.entry("nested", 9, raw<u32>(9) + raw<u64>(2) + inner + inner);
  b.uint("after", 5);
  const TemporaryFile file(b.bytes());
  const auto g = GgufFile::open(file.path());
  EXPECT_EQ(g->get_string_array("words"), (std::vector<std::string_view>{"", "a", std::string_view("b\0c", 3)}));
  EXPECT_EQ(g->get_int_array("ints"), (std::vector<i64>{-1, 0, 7}));
  EXPECT_EQ(g->get_int_array("bytes"), (std::vector<i64>{255, 1}));
  EXPECT_EQ(g->get_float_array("floats"), (std::vector<float>{0.25f, -1.0f}));
  EXPECT_EQ(g->array_size("words"), 3u);
  EXPECT_EQ(g->array_size("nested"), 2u);
  EXPECT_EQ(g->get_uint("after"), 5u);
  refusal([&] { g->get_int_array("wide"); });
  EXPECT_EQ(g->metadata()[0].text(), "[3 x string]");
}

TEST(Gguf, TensorsAreWhereTheirOffsetsSay) {
  for (const u32 version : {2u, 3u}) {
    for (const u64 alignment : {8u, 32u, 4096u}) {
      GgufBuilder b;
      b.version = version;
      b.alignment = alignment;
      b.uint("general.alignment", static_cast<u32>(alignment));
      b.tensor("vector", 0, {3}, raw(1.0f) + raw(2.0f) + raw(3.0f)).tensor("matrix", 2, {64, 5}).tensor("half", 1, {2, 2}, std::string("abcdefgh"));
      const TemporaryFile file(b.bytes());
      const auto g = GgufFile::open(file.path());
      EXPECT_EQ(g->version(), version);
      EXPECT_EQ(g->alignment(), alignment);
      ASSERT_EQ(g->tensors().size(), 3u);
      const TensorInfo* half = g->tensor("half");
      ASSERT_NE(half, nullptr);
      EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(half->data), half->bytes), "abcdefgh");
      EXPECT_EQ(half->data, g->bytes().data() + half->file_offset);
      EXPECT_EQ(half->file_offset % alignment, 0u);
      EXPECT_EQ(g->tensor("matrix")->bytes, 5u * 2 * 18);
      EXPECT_EQ(g->tensor("matrix")->columns(), 64u);
      EXPECT_EQ(g->tensor("matrix")->rows(), 5u);
      EXPECT_EQ(g->tensor("vector")->rows(), 1u);
      EXPECT_EQ(g->tensor("Vector"), nullptr);
      EXPECT_NO_THROW(g->require_supported_types());
    }
  }
}

TEST(Gguf, AnUnsupportedTypeIsRefusedOnlyWhenAskedFor) {
  const TemporaryFile file(GgufBuilder().tensor("odd", 20, {32, 2}, std::string(36, 'x')).bytes());
  const auto g = GgufFile::open(file.path());
  EXPECT_EQ(g->tensor("odd")->bytes, 0u);
  try {
    g->require_supported_types();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Exit::unsupported);
    EXPECT_NE(std::string(error.what()).find("'odd' has type IQ4_NL (20)"), std::string::npos) << error.what();
  }
}

TEST(Gguf, AFileWithoutTensorsMayEndWithItsMetadata) {
  const TemporaryFile file(GgufBuilder().text("a", "b").bytes());
  EXPECT_TRUE(GgufFile::open(file.path())->tensors().empty());
}

// A download that broke off: wherever the file ends, the message says what to do.
TEST(Gguf, AFileCutShortSaysSo) {
  GgufBuilder b;
  b.text("general.name", "a model").uint("a.count", 3).tensor("first", 0, {32}, std::string(128, 'x')).tensor("second", 2, {64, 5});
  const std::string whole = b.bytes();
  { EXPECT_NO_THROW(GgufFile::open(TemporaryFile(whole).path())); }
  for (size_t length = 0; length < whole.size(); length++) {
    const TemporaryFile file(whole.substr(0, length));
    try {
      GgufFile::open(file.path());
      ADD_FAILURE() << length << " of " << whole.size() << " bytes were accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Exit::bad_input);
      EXPECT_NE(std::string(error.what()).find("fetch it again"), std::string::npos) << length << ": " << error.what();
    }
  }
}

TEST(Printable, CannotSteerATerminal) {
  EXPECT_EQ(printable("plain text, \xc3\xa9 and \xe2\x82\xac"), "plain text, \xc3\xa9 and \xe2\x82\xac");
  EXPECT_EQ(printable("a\nb\tc\r\\"), "a\\nb\\tc\\r\\\\");
  EXPECT_EQ(printable(std::string_view("\x1b[31m\0\x7f", 7)), "\\x1b[31m\\x00\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\u{9b}");                 // C1 control
  EXPECT_EQ(printable("\xe2\x80\xae" "abc"), "\\u{202e}abc");  // right-to-left override
  EXPECT_EQ(printable("\xff\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80"), "\\xff\\xc0\\xaf\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");              // cut short
  EXPECT_EQ(printable("abcdef", 3), "abc... (6 bytes)");
}

}  // namespace
}  // namespace llmc
