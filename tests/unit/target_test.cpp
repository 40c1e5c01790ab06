#include <cstdlib>
#include <set>
#include <gtest/gtest.h>
#include "common/error.h"
#include "compiler/target/host_cpu.h"
#include "compiler/target/read_targets.h"
#include "compiler/target/target.h"

namespace llmc {
namespace {

std::string error_of(std::string_view name, Exit expected) {
  try {
    find_target(name);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), expected) << error.what();
    return error.what();
  }
  ADD_FAILURE() << name << " was found";
  return "";
}

TEST(Target, EveryArchIsThereWithItsWave) {
  const std::pair<const char*, u32> expected[] = {{"gfx906", 64},  {"gfx908", 64},   {"gfx90a", 64},   {"gfx942", 64},  {"gfx1030", 32},
                                                  {"gfx1100", 32}, {"gfx1101", 32},  {"gfx1103", 32},  {"gfx1150", 32}, {"gfx1151", 32},
                                                  {"gfx1200", 32}, {"gfx1201", 32},  {"sm_80", 32},    {"sm_86", 32},   {"sm_89", 32},
                                                  {"sm_90", 32},   {"x86-64-v3", 8}, {"x86-64-v4", 16}};
  std::set<std::string> arches;
  for (const Target& target : all_targets()) arches.insert(target.arch);
  EXPECT_EQ(arches.size(), std::size(expected));
  for (const auto& [name, wave] : expected) {
    Target target = find_target(name);
    EXPECT_EQ(target.arch, name);
    EXPECT_EQ(target.wave, wave) << name;
  }
}

TEST(Target, EveryProductIsFilledInAndUnique) {
  std::set<std::string> names;
  for (const Target& target : all_targets()) {
    EXPECT_TRUE(names.insert(target.name()).second) << target.name();
    EXPECT_GT(target.units, 0u) << target.name();
    EXPECT_GT(target.bandwidth_gb_s, 20) << target.name();
    EXPECT_GT(target.registers, 0u) << target.name();
    EXPECT_EQ(target.is_gpu(), target.lds_bytes >= 65536) << target.name();
    EXPECT_EQ(target.units % target.units_per_processor, 0u) << target.name();
    EXPECT_EQ(find_target(target.name()).product, target.product);
  }
}

TEST(Target, ProductsAreAsTheDataSheetsSay) {
  EXPECT_EQ(find_target("gfx1100").product, "7900xtx");
  EXPECT_EQ(find_target("gfx1100").units, 96u);
  EXPECT_EQ(find_target("gfx1100").bandwidth_gb_s, 960);
  EXPECT_EQ(find_target("gfx1100").dot, "sudot4");
  EXPECT_EQ(find_target("gfx1100:7900xt").units, 84u);
  EXPECT_EQ(find_target("sm_90").units, 132u);
  EXPECT_EQ(find_target("sm_90").usable_gb_s(), 4547);
  EXPECT_EQ(find_target("sm_90:h100").usable_gb_s(), 3350);
  EXPECT_EQ(find_target("sm_90:h100pcie").units, 114u);
  EXPECT_EQ(find_target("gfx942").matrix, "mfma");
}

TEST(Target, UnknownNamesAreRefusedWithAHint) {
  EXPECT_NE(error_of("gfx1110", Exit::usage).find("Did you mean gfx1100"), std::string::npos);
  EXPECT_NE(error_of("7900xtx", Exit::usage).find("gfx1100:7900xtx"), std::string::npos);
  EXPECT_NE(error_of("sm90", Exit::usage).find("Did you mean sm_90"), std::string::npos);
  EXPECT_NE(error_of("gfx1100:9070", Exit::usage).find("7900gre"), std::string::npos);
  const std::string unrelated = error_of("cortex-a72", Exit::usage);
  EXPECT_EQ(unrelated.find("Did you mean"), std::string::npos) << unrelated;
  EXPECT_NE(unrelated.find("gfx906, "), std::string::npos) << unrelated;
  error_of("", Exit::usage);
  error_of("gfx1100:", Exit::usage);
}

TEST(Target, NativeFollowsTheCpu) {
  HostCpu cpu;
  EXPECT_EQ(best_x86_arch(cpu), "");
  cpu.avx2 = cpu.fma = cpu.f16c = true;
  EXPECT_EQ(best_x86_arch(cpu), "x86-64-v3");
  cpu.avx512f = cpu.avx512bw = cpu.avx512vl = cpu.avx512dq = true;
  EXPECT_EQ(best_x86_arch(cpu), "x86-64-v3") << "level 4 without VNNI does not run our v4 code";
  cpu.avx512vnni = true;
  EXPECT_EQ(best_x86_arch(cpu), "x86-64-v4");
}

// The compiler's own run-time check is the independent opinion here.
TEST(Target, HostCpuAgreesWithTheCompiler) {
  __builtin_cpu_init();
  const HostCpu cpu = host_cpu();
  EXPECT_EQ(cpu.avx2, __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(cpu.fma, __builtin_cpu_supports("fma") != 0);
  EXPECT_EQ(cpu.f16c, __builtin_cpu_supports("f16c") != 0);
  EXPECT_EQ(cpu.avx512f, __builtin_cpu_supports("avx512f") != 0);
  EXPECT_EQ(cpu.avx512bw, __builtin_cpu_supports("avx512bw") != 0);
  EXPECT_EQ(cpu.avx512vl, __builtin_cpu_supports("avx512vl") != 0);
  EXPECT_EQ(cpu.avx512dq, __builtin_cpu_supports("avx512dq") != 0);
  EXPECT_EQ(cpu.avx512vnni, __builtin_cpu_supports("avx512vnni") != 0);
}

TEST(Target, ADeviceGetsTheArchThatRunsOnIt) {
  EXPECT_EQ(arch_for_device("gfx1100"), "gfx1100");
  EXPECT_EQ(arch_for_device("sm_86"), "sm_86");
  EXPECT_EQ(arch_for_device("sm_87"), "sm_86");
  EXPECT_EQ(arch_for_device("sm_100"), "sm_90");
  EXPECT_EQ(arch_for_device("sm_75"), std::nullopt);
  EXPECT_EQ(arch_for_device("gfx1099"), std::nullopt);
}

TEST(Target, FaultsInTheDataAreNamed) {
  const char* good =
      "family='x'\n[[arch]]\nname='a'\nwave=1\nregisters=1\ndot='none'\nproducts=[{name='p',title='P',units=1,bandwidth_gb_s=1}]\n";
  EXPECT_EQ(read_targets("f.toml", good).size(), 1u);
  auto message = [](const std::string& text) -> std::string {
    try {
      read_targets("f.toml", text);
    } catch (const InternalError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_NE(message("family='x'\nwave = = 1").find("f.toml:2"), std::string::npos);
  EXPECT_NE(message(std::string(good) + "wawe=3\n").find("unknown field 'wawe'"), std::string::npos);
  std::string missing = good;
  missing.erase(missing.find("registers=1\n"), 12);
  EXPECT_NE(message(missing).find("'registers' is missing"), std::string::npos);
}

TEST(Target, TablesListEveryProduct) {
  for (bool json : {false, true}) {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* out = open_memstream(&text, &size);
    print_targets(json, out);
    std::fclose(out);
    for (const Target& target : all_targets()) EXPECT_NE(std::string(text).find(target.title), std::string::npos) << target.title;
    std::free(text);
  }
}

}  // namespace
}  // namespace llmc
