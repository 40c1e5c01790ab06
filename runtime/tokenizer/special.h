// Finds special and user-defined tokens in a text: leftmost first, of several at one place the longest.
#pragma once
#include <array>
#include <string_view>
#include "runtime/tokenizer/section.h"

namespace llmc {

class SpecialFinder {
 public:
  // `ids` is one of the section's lists sorted by text.
  SpecialFinder(const Section& section, const PackedArray<u32>& ids);

  struct Found {
    size_t begin;
    i32 token;  // -1: none from here to the end of the text
  };
  Found find(std::string_view text, size_t from) const;

 private:
  i32 longest_prefix(std::string_view text) const;

  const Section* section_;
  PackedArray<u32> ids_;
  std::array<bool, 256> begins_{};  // whether some token begins with the byte
};

}  // namespace llmc
