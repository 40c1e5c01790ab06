// Every format, by name.
#pragma once
#include "kernels/formats/bf16.h"
#include "kernels/formats/f16.h"
#include "kernels/formats/f32.h"
#include "kernels/formats/q2_k.h"
#include "kernels/formats/q3_k.h"
#include "kernels/formats/q4_0.h"
#include "kernels/formats/q4_1.h"
#include "kernels/formats/q4_k.h"
#include "kernels/formats/q5_0.h"
#include "kernels/formats/q5_1.h"
#include "kernels/formats/q5_k.h"
#include "kernels/formats/q6_k.h"
#include "kernels/formats/q8_0.h"

namespace llmc::fmt {
#define LLMC_FORMAT(name, tile_columns, tile_bytes, form) \
  static_assert(name::columns == tile_columns && name::bytes == tile_bytes && name::input == form);
#include "kernels/formats/formats.def"
#undef LLMC_FORMAT
}  // namespace llmc::fmt
