// The stand-in for HIP's library as a program sees it: opened by name, driven by its functions. In processes of their own, since the
// library reads its environment once.
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include "tests/emulator/planted_kernels.h"

namespace llmc::emu {
namespace {

constexpr unsigned groups = 4, threads = 256;
constexpr size_t bytes = groups * threads * 4;

struct Library {
  void* handle;
  explicit Library(const char* arch) {
    setenv("LLMC_EMU_ARCH", arch, 1);
    handle = dlopen(LLMC_EMULATED_HIP, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) throw std::runtime_error(dlerror());
  }
  template <class... Arguments>
  int operator()(const char* name, Arguments... arguments) const {
    const auto function = reinterpret_cast<int (*)(Arguments...)>(dlsym(handle, name));
    if (function == nullptr) throw std::runtime_error(std::string("no ") + name);
    return function(arguments...);
  }
};

// A loaded module, a stream and three buffers.
struct Session {
  explicit Session(const char* arch) : hip(arch) {
    const std::vector<u8>& object = build_device_source("planted", arch);
    EXPECT_EQ(hip("hipInit", 0u), 0);
    EXPECT_EQ(hip("hipModuleLoadDataEx", &module, static_cast<const void*>(object.data()), 0u, static_cast<int*>(nullptr),
                  static_cast<void**>(nullptr)), 0);
    EXPECT_EQ(hip("hipStreamCreateWithFlags", &stream, 1u), 0);
    for (void*& buffer : buffers) EXPECT_EQ(hip("hipMalloc", &buffer, bytes), 0);
    std::vector<u32> numbers(bytes / 4);
    for (u32 i = 0; i < numbers.size(); ++i) numbers[i] = i + 7;
    EXPECT_EQ(hip("hipMemcpyHtoDAsync", buffers[0], static_cast<const void*>(numbers.data()), bytes, stream), 0);
  }
  int launch(const char* name) {
    void* function = nullptr;
    EXPECT_EQ(hip("hipModuleGetFunction", &function, module, name), 0);
    void* arguments[] = {buffers};
    return hip("hipModuleLaunchKernel", function, groups, 1u, 1u, threads, 1u, 1u, 1024u, stream, static_cast<void**>(arguments),
               static_cast<void**>(nullptr));
  }
  u32 last_out() {
    std::vector<u32> numbers(bytes / 4);
    EXPECT_EQ(hip("hipMemcpyDtoHAsync", static_cast<void*>(numbers.data()), buffers[1], bytes, stream), 0);
    return numbers.back();
  }
  Library hip;
  void* module = nullptr;
  void* stream = nullptr;
  void* buffers[3] = {};
};

// Runs `body` in a child, which must end well.
void alone(void (*body)()) {
  EXPECT_EXIT({
    body();
    std::_Exit(testing::Test::HasFailure() ? 1 : 0);
  }, testing::ExitedWithCode(0), "");
}

TEST(Hip, TellsOfItsCard) {
  alone([] {
    const Library hip("gfx1100:7900xt");
    setenv("LLMC_EMU_CUS", "6", 1);
    int count = 0, processors = 0;
    EXPECT_EQ(hip("hipGetDeviceCount", &count), 0);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(hip("hipDeviceGetAttribute", &processors, 63, 0), 0);
    EXPECT_EQ(processors, 3) << "pairs of compute units";
    std::vector<char> properties(4096);
    EXPECT_EQ(hip("hipGetDevicePropertiesR0600", static_cast<void*>(properties.data()), 0), 0);
    EXPECT_STREQ(properties.data(), "Radeon RX 7900 XT, emulated");
    EXPECT_STREQ(properties.data() + 1160, "gfx1100");
    EXPECT_NE(hip("hipSetDevice", 1), 0);
  });
}

TEST(Hip, HasNoCardWithoutItsName) {
  alone([] {
    const Library hip("gfx1");
    int count = 7;
    EXPECT_NE(hip("hipGetDeviceCount", &count), 0);
    EXPECT_EQ(count, 0);
  });
}

TEST(Hip, LaunchesAndReplaysGraphs) {
  alone([] {
    Session session("gfx1100");
    const Library& hip = session.hip;
    EXPECT_EQ(session.launch("copy"), 0);
    EXPECT_EQ(session.last_out(), 1023u + 7);

    EXPECT_EQ(hip("hipMemsetD8Async", session.buffers[1], 0, bytes, session.stream), 0);
    void *graph = nullptr, *executable = nullptr;
    EXPECT_EQ(hip("hipStreamBeginCapture", session.stream, 1), 0);
    EXPECT_EQ(session.launch("copy"), 0);
    EXPECT_NE(hip("hipStreamSynchronize", session.stream), 0) << "a stream that captures cannot be waited for";
    EXPECT_EQ(hip("hipStreamEndCapture", session.stream, &graph), 0);
    EXPECT_EQ(session.last_out(), 0u) << "a captured launch ran";
    EXPECT_EQ(hip("hipGraphInstantiate", &executable, graph, static_cast<void**>(nullptr), static_cast<char*>(nullptr), size_t{0}), 0);
    EXPECT_EQ(hip("hipGraphDestroy", graph), 0);
    EXPECT_EQ(hip("hipGraphLaunch", executable, session.stream), 0);
    EXPECT_EQ(session.last_out(), 1023u + 7);
    EXPECT_EQ(hip("hipGraphExecDestroy", executable), 0);
  });
}

TEST(Hip, RefusesWhatDoesNotFit) {
  alone([] {
    Session session("gfx90a");
    const Library& hip = session.hip;
    u32 word = 0;
    EXPECT_NE(hip("hipMemcpyHtoDAsync", static_cast<void*>(static_cast<u8*>(session.buffers[0]) + bytes - 2), static_cast<const void*>(&word),
                  sizeof(word), session.stream), 0);
    EXPECT_NE(hip("hipFree", static_cast<void*>(static_cast<u8*>(session.buffers[0]) + 256)), 0);
    EXPECT_EQ(hip("hipFree", session.buffers[0]), 0);
    EXPECT_NE(hip("hipFree", session.buffers[0]), 0);
    void* huge = nullptr;
    EXPECT_EQ(hip("hipMalloc", &huge, size_t{1} << 40), 2);
    void* function = nullptr;
    EXPECT_NE(hip("hipModuleGetFunction", &function, session.module, "nothing_of_that_name"), 0);
  });
}

TEST(Hip, AFaultStays) {
  alone([] {
    Session session("gfx1100");
    EXPECT_EQ(session.launch("write_past_the_end"), 719);
    EXPECT_EQ(session.launch("copy"), 719);
    EXPECT_EQ(session.hip("hipStreamSynchronize", session.stream), 719);
  });
}

TEST(Hip, WritesItsCounts) {
  const std::string path = testing::TempDir() + "emulator-counts.json";
  setenv("LLMC_EMU_COUNTS", path.c_str(), 1);
  alone([] {
    Session session("gfx1100");
    EXPECT_EQ(session.launch("copy"), 0);
    EXPECT_EQ(session.hip("hipFree", session.buffers[0]), 0);
    EXPECT_EQ(session.hip("hipModuleUnload", session.module), 0);
  });
  unsetenv("LLMC_EMU_COUNTS");
  std::ifstream file(path);
  const nlohmann::json counts = nlohmann::json::parse(file);
  EXPECT_EQ(counts.at("kernels").size(), 1u);
  EXPECT_EQ(counts.at("kernels")[0].at("kernel"), "copy");
  EXPECT_EQ(counts.at("kernels")[0].at("global").at("device 0").at("lines"), bytes / 128);
  EXPECT_EQ(counts.at("allocations")[0].at("name"), "device 0");
}

}  // namespace
}  // namespace llmc::emu
