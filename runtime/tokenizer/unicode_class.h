// The class of a code point, as pre-tokenizers see it: \p{L}, \p{N}, \s (the property White_Space) or none of these.
#pragma once
#include "common/types.h"

namespace llmc {

enum class UnicodeClass : u8 { other, letter, number, space };  // the table's numbers

UnicodeClass unicode_class(u32 code);

}  // namespace llmc
