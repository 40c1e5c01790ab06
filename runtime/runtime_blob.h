// The prebuilt runtime, stripped, as it stands in front of every executable that llmc writes.
#pragma once
#include <span>
#include "common/types.h"

namespace llmc {

std::span<const u8> runtime_blob();

}  // namespace llmc
