#include "compiler/gguf/tensor_table.h"
#include <algorithm>
#include <numeric>
#include "common/checked.h"

namespace llmc {
namespace {

constexpr u64 max_name_bytes = 64;  // ggml docs/gguf.md
constexpr u32 max_dims = 4;
constexpr u64 smallest_entry = 8 + 1 + 4 + 8 + 4 + 8;  // name length, a name of one byte, dimension count, a dimension, type, offset

// Bytes of a supported tensor's data. Its dimensions were checked to be non-zero and their product to fit.
u64 data_bytes(Cursor& cursor, u64 at, const TensorInfo& tensor, u64 elements) {
  const auto type = tensor_type_from_number(tensor.type_number);
  if (!type) return 0;
  const TypeInfo& info = type_info(*type);
  if (tensor.dims[0] % info.block_elements != 0) {
    cursor.refuse(at, "tensor '{}' has rows of {} elements; type {} needs a multiple of {}.", printable(tensor.name), tensor.dims[0], info.name, info.block_elements);
  }
  const auto bytes = checked_mul(elements / info.block_elements, info.block_bytes);
  if (!bytes) cursor.refuse(at, "tensor '{}' has {} elements of type {}: its size does not fit 64 bits.", printable(tensor.name), elements, info.name);
  return *bytes;
}

}  // namespace

void TensorTable::read(Cursor& cursor, u64 count, u64 alignment) {
  if (count > cursor.left() / smallest_entry) {
    cursor.refuse(8, "the header counts {} tensors, more than the {} bytes that follow the metadata can hold. {}", count, cursor.left(), fetch_again);
  }
  for (u64 i = 0; i < count; i++) {
    const u64 at = cursor.offset();
    TensorInfo tensor;
    tensor.name = std::string(cursor.read_string("tensor name"));
    if (tensor.name.empty() || tensor.name.size() > max_name_bytes) {
      cursor.refuse(at, "a tensor name of {} bytes ('{}'); it must have 1 to {}.", tensor.name.size(), printable(tensor.name), max_name_bytes);
    }
    const u32 n_dims = cursor.read<u32>("number of dimensions");
    if (n_dims == 0 || n_dims > max_dims) cursor.refuse(at, "tensor '{}' has {} dimensions; it must have 1 to {}.", printable(tensor.name), n_dims, max_dims);
    u64 elements = 1;
    for (u32 d = 0; d < n_dims; d++) {
      const u64 size = cursor.read<u64>("dimension");
      if (size == 0 || size > static_cast<u64>(INT64_MAX)) {
        cursor.refuse(at, "tensor '{}' has size {} in dimension {}; it must be positive.", printable(tensor.name), static_cast<i64>(size), d);
      }
      const auto product = checked_mul(elements, size);
      if (!product || *product > static_cast<u64>(INT64_MAX)) {
        cursor.refuse(at, "tensor '{}' has more elements than 2^63 (the product of its dimensions overflows in dimension {}).", printable(tensor.name), d);
      }
      elements = *product;
      tensor.dims.push_back(size);
    }
    tensor.type_number = cursor.read<u32>("tensor type");
    tensor.file_offset = cursor.read<u64>("tensor offset");  // from the start of the data; place() makes it absolute
    tensor.bytes = data_bytes(cursor, at, tensor, elements);
    tensors_.push_back(std::move(tensor));
    entry_offsets_.push_back(at);
  }
  sort_by_name(cursor);
  place(cursor, alignment);
  refuse_overlaps(cursor);
}

void TensorTable::sort_by_name(Cursor& cursor) {
  by_name_.resize(tensors_.size());
  std::iota(by_name_.begin(), by_name_.end(), 0u);
  std::sort(by_name_.begin(), by_name_.end(), [&](u32 a, u32 b) {
    const int order = tensors_[a].name.compare(tensors_[b].name);
    return order != 0 ? order < 0 : a < b;
  });
  for (size_t i = 1; i < by_name_.size(); i++) {
    const u32 first = by_name_[i - 1], second = by_name_[i];
    if (tensors_[first].name == tensors_[second].name) {
      cursor.refuse(entry_offsets_[second], "duplicate tensor name '{}', which also stands at offset {}.", printable(tensors_[second].name), entry_offsets_[first]);
    }
  }
}

void TensorTable::place(Cursor& cursor, u64 alignment) {
  const u64 file_bytes = cursor.offset() + cursor.left();
  const u8* file = cursor.here() - cursor.offset();
  const u64 data_start = align_up(cursor.offset(), alignment);  // cannot wrap: a file is below 2^63 bytes and the alignment is bounded
  for (size_t i = 0; i < tensors_.size(); i++) {
    TensorInfo& tensor = tensors_[i];
    const u64 at = entry_offsets_[i], relative = tensor.file_offset;
    if (relative % alignment != 0) {
      cursor.refuse(at, "tensor '{}' stands at data offset {}, which is not a multiple of the alignment, {}.", printable(tensor.name), relative, alignment);
    }
    const auto start = checked_add(data_start, relative);
    if (!start || !range_fits(*start, tensor.bytes, file_bytes)) {
      cursor.refuse(at, "tensor '{}' ({} bytes at data offset {}) reaches past the end of the file: the data starts at {} and the file has {} bytes. {}",
                    printable(tensor.name), tensor.bytes, relative, data_start, file_bytes, fetch_again);
    }
    tensor.file_offset = *start;
    tensor.data = file + *start;
  }
}

void TensorTable::refuse_overlaps(Cursor& cursor) {
  std::vector<u32> by_offset = by_name_;
  std::sort(by_offset.begin(), by_offset.end(), [&](u32 a, u32 b) { return tensors_[a].file_offset < tensors_[b].file_offset; });
  for (size_t i = 1; i < by_offset.size(); i++) {
    const TensorInfo &first = tensors_[by_offset[i - 1]], &second = tensors_[by_offset[i]];
    if (first.file_offset + first.bytes > second.file_offset) {  // both inside the file, so the sum cannot wrap
      cursor.refuse(entry_offsets_[by_offset[i]], "tensors '{}' (offset {}, {} bytes) and '{}' (offset {}) overlap.", printable(first.name), first.file_offset,
                    first.bytes, printable(second.name), second.file_offset);
    }
  }
}

const TensorInfo* TensorTable::find(std::string_view name) const {
  const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name, [&](u32 index, std::string_view wanted) { return tensors_[index].name < wanted; });
  return at != by_name_.end() && tensors_[*at].name == name ? &tensors_[*at] : nullptr;
}

}  // namespace llmc
