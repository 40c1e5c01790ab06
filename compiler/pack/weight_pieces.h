// The packed weights as a sequence of pieces, each a run of whole row tiles in canonical order: what the packer writes to a file and
// the runtime, with extern weights, to memory. Pieces can be packed by several threads at once, in any order.
#pragma once
#include <string>
#include <vector>
#include "compiler/gguf/gguf.h"
#include "compiler/plan/layout.h"
#include "compiler/plan/plan.h"

namespace llmc {

Layout layout_of(const Plan& plan);

class WeightPieces {
 public:
  struct Piece {
    u64 offset, bytes;  // into the packed weights; the pieces follow each other without gaps and cover all of them
  };

  // Checks that `file` has every tensor of the plan, of the plan's type and shape: Error(bad_input) naming the tensor otherwise.
  // Both arguments must outlive this. Pieces hold about `piece_bytes` (at least one tile).
  WeightPieces(const Plan& plan, const GgufFile& file, u64 piece_bytes = 8u << 20);

  u64 bytes() const { return bytes_; }
  size_t count() const { return starts_.size(); }
  Piece piece(size_t index) const;
  void pack(size_t index, u8* out) const;  // `out`: piece(index).bytes; padding becomes zero

 private:
  struct Item {  // one row tile, or one vector
    u64 offset, bytes;
    u32 weight, tile;
  };
  const Plan& plan_;
  Layout layout_;
  u64 bytes_;
  std::vector<const TensorInfo*> tensors_;  // of plan.weights
  std::vector<Item> items_;                 // by offset
  std::vector<size_t> starts_;              // of each piece: index into items_
};

// What extern weights are recognised by: a hash of the file's metadata and tensor table (all bytes before the first tensor) and of
// its size. Not of the weights: those are gigabytes.
std::string gguf_identity(const GgufFile& file);

}  // namespace llmc
