#include "compiler/plan/layout.h"

namespace llmc {

u32 tile_rows(Layout layout) { return layout == Layout::gpu ? gpu_layout::tile_rows() : x86_layout::tile_rows(); }

u64 row_tile_bytes(Layout layout, TensorType type, u32 columns) {
  return layout == Layout::gpu ? gpu_layout::row_tile_bytes(type, columns) : x86_layout::row_tile_bytes(type, columns);
}

void pack_row_tile(Layout layout, TensorType type, u32 columns, u32 rows, const u8* source, u8* tile) {
  if (layout == Layout::gpu) gpu_layout::pack_row_tile(type, columns, rows, source, tile);
  else x86_layout::pack_row_tile(type, columns, rows, source, tile);
}

}  // namespace llmc
