// A small model file and a plan of its weights, laid out as make_plan does it, for tests of the packer and the image.
#pragma once
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include "compiler/gguf/gguf.h"
#include "compiler/pack/pack.h"
#include "compiler/plan/layout.h"
#include "compiler/plan/plan.h"
#include "tests/unit/gguf_builder.h"

namespace llmc::test {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A folder that is gone, with what is in it, when the object is.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "llmc-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  size_t files() const { return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path_), {})); }

 private:
  std::filesystem::path path_;
};

// Bytes without a pattern that a shifted copy would match.
inline std::string noise(size_t count, u32 seed) {
  std::string bytes(count, 0);
  for (char& byte : bytes) byte = static_cast<char>((seed = seed * 1664525u + 1013904223u) >> 24);
  return bytes;
}

struct SmallModel {
  static constexpr u32 columns = 256, rows = 100;  // no multiple of a tile's rows

  explicit SmallModel(const std::string& name = "small") : file_(bytes(name)), gguf(GgufFile::open(file_.path())) {
    plan.version = "1.2.3";
    plan.family = "amd";
    plan.arch = "gfx1100";
    plan.shape.layers = 1;
    plan.layer_variant = {0};
    plan.ctx = 64;
    plan.chunk = 16;
    plan.buffers = {{"state", 0, 512}};
    plan.arena_bytes = 512;
    u64 end = add_vector(Role::attn_norm, "norm", 0);
    // gate and up alternate tile by tile.
    const u64 tile = row_tile_bytes(Layout::gpu, TensorType::Q8_0, columns);
    const u32 tiles = static_cast<u32>(ceil_div(rows, tile_rows(Layout::gpu)));
    plan.weights.push_back({Role::gate, 0, TensorType::Q8_0, rows, columns, end, 2 * tile, tile, tiles, "gate"});
    plan.weights.push_back({Role::up, 0, TensorType::Q8_0, rows, columns, end + tile, 2 * tile, tile, tiles, "up"});
    end += 2 * tile * tiles;
    end = add_vector(Role::output_norm, "half_norm", end);
    plan.weight_bytes = align_up(end, 4096);  // padding at the end
  }

  PackRequest request(const std::string& output) const {
    static const std::string runtime = read_file("/bin/true");
    return {.plan = plan,
            .file = *gguf,
            .code = {{"ptx", "sm_90", "code of one kind"}, {"cubin", "sm_90", "code of another"}},
            .tokenizer = "a tokenizer",
            .model_name = name_,
            .runtime = {reinterpret_cast<const u8*>(runtime.data()), runtime.size()},
            .output = output};
  }

 private:
  std::string bytes(const std::string& name) {
    name_ = name;
    const size_t matrix = rows * row_bytes(TensorType::Q8_0, columns);
    std::string norm, half;
    for (u32 i = 0; i < columns; ++i) norm += raw(static_cast<float>(i) * 0.25f);
    for (u32 i = 0; i < columns; ++i) half += raw(static_cast<u16>(0x3c00));  // 1 in binary16
    return GgufBuilder()
        .text("general.architecture", "test")
        .text("general.name", name)
        .tensor("norm", 0, {columns}, norm)
        .tensor("gate", 8, {columns, rows}, noise(matrix, 1))
        .tensor("up", 8, {columns, rows}, noise(matrix, 2))
        .tensor("half_norm", 1, {columns}, half)
        .bytes();
  }
  u64 add_vector(Role role, const std::string& tensor, u64 offset) {
    plan.weights.push_back({role, 0, TensorType::F32, 1, columns, offset, 0, 0, 0, tensor});
    return offset + columns * sizeof(float);
  }

  std::string name_;
  TemporaryFile file_;

 public:
  std::unique_ptr<GgufFile> gguf;
  Plan plan;
};

}  // namespace llmc::test
