// The tensor directory of a GGUF file.
#pragma once
#include <vector>
#include "compiler/gguf/cursor.h"
#include "compiler/gguf/gguf.h"

namespace llmc {

class TensorTable {
 public:
  // Reads `count` directory entries and then places them behind the directory, at the next multiple of `alignment`. When it returns,
  // every tensor of a supported type lies wholly inside the file, and no two share a byte. Whatever else is bad_input. O(n log n).
  void read(Cursor& cursor, u64 count, u64 alignment);

  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  const TensorInfo* find(std::string_view name) const;

 private:
  void sort_by_name(Cursor& cursor);
  void place(Cursor& cursor, u64 alignment);
  void refuse_overlaps(Cursor& cursor);

  std::vector<TensorInfo> tensors_;   // in file order
  std::vector<u64> entry_offsets_;    // of each tensor's directory entry
  std::vector<u32> by_name_;
};

}  // namespace llmc
