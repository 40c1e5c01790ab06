#include "runtime/tokenizer/unicode_class.h"

namespace llmc {
namespace {
#include "runtime/tokenizer/unicode_class_table.inc"
}

UnicodeClass unicode_class(u32 code) {
  const u32 block = code / 256;
  if (block >= sizeof(block_of)) return UnicodeClass::other;
  const u8 four = blocks[block_of[block] * 64u + code % 256 / 4];
  return static_cast<UnicodeClass>(four >> code % 4 * 2 & 3);
}

}  // namespace llmc
