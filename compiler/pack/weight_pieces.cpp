#include "compiler/pack/weight_pieces.h"
#include <algorithm>
#include <cstring>
#include "common/error.h"
#include "common/xxhash.h"

namespace llmc {
namespace {

void check_tensor(const GgufFile& file, const Weight& weight, const TensorInfo* tensor) {
  if (tensor == nullptr) {
    fail(Exit::bad_input, "{} has no tensor {}, which this program was compiled with. Give the GGUF it was compiled from.", file.path(), weight.tensor);
  }
  const bool vector = weight.tiles == 0;
  const bool type_fits = vector ? is_float(tensor->type()) : tensor->type() == weight.type;
  if (!type_fits || tensor->columns() != weight.columns || tensor->rows() != (vector ? 1 : weight.rows) ||
      tensor->bytes != tensor->rows() * row_bytes(tensor->type(), tensor->columns())) {
    fail(Exit::bad_input, "{}: the tensor {} is {} [{}, {}]; this program was compiled for {} [{}, {}]. Give the GGUF it was compiled from.", file.path(),
         weight.tensor, ggml_type_name(tensor->type_number), tensor->columns(), tensor->rows(), type_info(weight.type).name, weight.columns, weight.rows);
  }
}

}  // namespace

Layout layout_of(const Plan& plan) { return plan.family == "x86" ? Layout::x86 : Layout::gpu; }

WeightPieces::WeightPieces(const Plan& plan, const GgufFile& file, u64 piece_bytes)
    : plan_(plan), layout_(layout_of(plan)), bytes_(plan.weight_bytes) {
  for (u32 i = 0; i < plan.weights.size(); ++i) {
    const Weight& weight = plan.weights[i];
    const TensorInfo* tensor = file.tensor(weight.tensor);
    check_tensor(file, weight, tensor);
    tensors_.push_back(tensor);
    if (weight.tiles == 0) {
      items_.push_back({weight.offset, u64{weight.columns} * sizeof(float), i, 0});
      continue;
    }
    require(weight.tile_bytes == row_tile_bytes(layout_, weight.type, weight.columns), "the plan's tile is not the layout's");
    require(weight.tiles == ceil_div(weight.rows, tile_rows(layout_)), "the plan's tiles do not cover the matrix");
    for (u32 tile = 0; tile < weight.tiles; ++tile) items_.push_back({weight.offset + tile * weight.stride, weight.tile_bytes, i, tile});
  }
  std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) { return a.offset < b.offset; });
  // Tied embeddings are one tensor in two roles at one place.
  items_.erase(std::unique(items_.begin(), items_.end(),
                           [&](const Item& a, const Item& b) { return a.offset == b.offset && tensors_[a.weight] == tensors_[b.weight]; }),
               items_.end());
  u64 end = 0;
  for (size_t i = 0; i < items_.size(); ++i) {
    require(items_[i].offset >= end, "the plan's weights overlap");
    end = items_[i].offset + items_[i].bytes;
    if (i == 0 || end - (starts_.size() == 1 ? 0 : items_[starts_.back()].offset) > piece_bytes) starts_.push_back(i);
  }
  require(end <= bytes_, "the plan's weights end past their section");
}

WeightPieces::Piece WeightPieces::piece(size_t index) const {
  const u64 begin = index == 0 ? 0 : items_[starts_[index]].offset;
  const u64 end = index + 1 == starts_.size() ? bytes_ : items_[starts_[index + 1]].offset;
  return {begin, end - begin};
}

void WeightPieces::pack(size_t index, u8* out) const {
  const Piece range = piece(index);
  const size_t last = index + 1 == starts_.size() ? items_.size() : starts_[index + 1];
  u64 filled = 0;
  for (size_t i = starts_[index]; i < last; ++i) {
    const Item& item = items_[i];
    const Weight& weight = plan_.weights[item.weight];
    const TensorInfo& tensor = *tensors_[item.weight];
    u8* place = out + (item.offset - range.offset);
    std::memset(out + filled, 0, item.offset - range.offset - filled);
    filled = item.offset - range.offset + item.bytes;
    if (weight.tiles == 0) {
      dequantize(tensor.type(), tensor.data, reinterpret_cast<float*>(place), weight.columns);
    } else {
      const u32 first_row = item.tile * tile_rows(layout_);
      const u32 rows = std::min(tile_rows(layout_), weight.rows - first_row);
      pack_row_tile(layout_, weight.type, weight.columns, rows, tensor.data + first_row * row_bytes(weight.type, weight.columns), place);
    }
  }
  std::memset(out + filled, 0, range.bytes - filled);
}

std::string gguf_identity(const GgufFile& file) {
  u64 end = file.bytes().size();
  for (const TensorInfo& tensor : file.tensors()) end = std::min(end, tensor.file_offset);
  const XXH128_hash_t hash = XXH3_128bits_withSeed(file.bytes().data(), end, file.bytes().size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace llmc
