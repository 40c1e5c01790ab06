// The lossless repack of a matrix into row tiles. A row tile is tile_rows() rows over all columns, its bytes arranged for the
// reader: gpu - 16-byte pieces for the lanes of a wave (layout_gpu.cpp has the picture), x86 - rows interleaved for the byte dot
// product (layout_x86.cpp). Codes and scales keep their exact values; packed scales are unpacked to bytes. Rows past the end of a
// matrix and columns padded to the tile's width are zero.
#pragma once
#include "common/tensor_type.h"

namespace llmc {

enum class Layout { gpu, x86 };

u32 tile_rows(Layout layout);
// Bytes of one row tile; a multiple of 16 (gpu) or 64 (x86).
u64 row_tile_bytes(Layout layout, TensorType type, u32 columns);
// Packs rows [0, rows) of `source` (row_bytes(type, columns) apart; rows <= tile_rows) into `tile`.
void pack_row_tile(Layout layout, TensorType type, u32 columns, u32 rows, const u8* source, u8* tile);

namespace gpu_layout {
u32 tile_rows();
u64 row_tile_bytes(TensorType type, u32 columns);
void pack_row_tile(TensorType type, u32 columns, u32 rows, const u8* source, u8* tile);
}  // namespace gpu_layout
namespace x86_layout {
u32 tile_rows();
u64 row_tile_bytes(TensorType type, u32 columns);
void pack_row_tile(TensorType type, u32 columns, u32 rows, const u8* source, u8* tile);
}  // namespace x86_layout

}  // namespace llmc
