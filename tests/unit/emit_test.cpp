// Emitted source holds numbers and known names only, whatever a model or a damaged plan says.
#include <nlohmann/json.hpp>
#include "compiler/emit/emit.h"
#include "compiler/emit/render.h"
#include "tests/unit/plan_fixture.h"

namespace llmc {
namespace {

using test::model_file;
using test::plan_of;
using test::read_built;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Render, TextThatIsNoNameIsRefused) {
  const Plan plan = plan_of(read_built(model_file("llama")), "x86-64-v3");
  nlohmann::json data = shape_data(plan);
  EXPECT_TRUE(contains(render("shape", data), "Made by llmc"));
  for (const char* text : {"sm 90", "x\n#include \"/etc/passwd\"", "a;b", "\"", "/*", "a)", "<b>", "&amp", "{{x}}", "\\", "\xc3\xa4"}) {
    data["arch"] = text;
    EXPECT_THROW(render("shape", data), InternalError) << text;
  }
  data["arch"] = "x86-64-v3";
  data["buffers"][0]["name"] = "state = 0; int evil";
  EXPECT_THROW(render("shape", data), InternalError) << "inside a section";
}

TEST(Render, ValuesKeepTheirDigits) {
  nlohmann::json data = shape_data(plan_of(read_built(model_file("llama")), "x86-64-v3"));
  data["rms_eps"] = 1.0;
  EXPECT_TRUE(contains(render("shape", data), "constexpr float rms_eps = 1.0f;"));
  data["rms_eps"] = 1.0 / 3;
  EXPECT_TRUE(contains(render("shape", data), "constexpr float rms_eps = 0.333333333f;"));
  data["rope_turns"][0]["turns"] = 18446744073709551615ull;
  EXPECT_TRUE(contains(render("shape", data), "18446744073709551615ull"));
}

TEST(Render, AnUnknownTemplateIsRefused) { EXPECT_THROW(render("no_such_template", nlohmann::json::object()), InternalError); }

TEST(Emit, ADamagedPlanDoesNotReachTheSource) {
  for (const char* arch : {"x86-64-v3", "sm_90", "gfx1100"}) {
    Plan plan = plan_of(read_built(model_file("llama")), arch);
    plan.version = "0; system(\"x\")";
    EXPECT_THROW(emit(plan), InternalError) << arch;
  }
}

TEST(Emit, AModelsTextStaysOut) {
  auto file = model_file("llama");
  file.text("general.name", "*/ #include \"evil\"").text("general.description", "evil");
  for (const char* arch : {"x86-64-v3", "sm_90", "gfx1100"}) {
    for (const Fuse fuse : {Fuse::op, Fuse::block, Fuse::model}) EXPECT_FALSE(contains(emit(plan_of(read_built(file), arch, fuse)), "evil")) << arch;
  }
}

TEST(Emit, SourceIsOneFile) {
  for (const char* arch : {"x86-64-v4", "sm_90", "gfx90a"}) {
    const std::string source = emit(plan_of(read_built(model_file("qwen3")), arch, Fuse::model));
    EXPECT_FALSE(contains(source, "#include \"")) << arch;
    for (const char* tag : {"{{#", "{{/", "{{>", "{{^"}) EXPECT_FALSE(contains(source, tag)) << arch << ": a template was left unrendered";
    EXPECT_TRUE(contains(source, "decode_model")) << arch;
  }
}

}  // namespace
}  // namespace llmc
