// The tokenizer over a section, its own or one that lies elsewhere.
#pragma once
#include <string>
#include <vector>
#include "runtime/tokenizer/section.h"
#include "runtime/tokenizer/special.h"
#include "runtime/tokenizer/tokenizer.h"

namespace llmc {

class SectionTokenizer final : public Tokenizer {
 public:
  // Over `view`, or over `owned` where the view is null.
  SectionTokenizer(std::string owned, std::string_view view);
  SectionTokenizer(const SectionTokenizer&) = delete;  // its parts point into it
  SectionTokenizer& operator=(const SectionTokenizer&) = delete;

  std::vector<i32> encode(std::string_view text, bool special) const override;
  std::string_view bytes(i32 token, bool special) const override;
  u32 size() const override { return section_.header.tokens; }
  i32 bos() const override { return section_.header.bos; }
  bool add_bos() const override { return section_.header.add_bos != 0; }
  bool add_eos() const override { return section_.header.add_eos != 0; }
  i32 eos() const override { return section_.header.eos; }
  const std::vector<i32>& end_of_generation() const override { return end_of_generation_; }
  ChatFormat chat_format() const override { return section_.header.chat_format; }
  std::string serialize() const override { return std::string(bytes_); }

 private:
  std::string owned_;
  std::string_view bytes_;
  Section section_;
  SpecialFinder user_defined_, special_;
  std::vector<i32> end_of_generation_;
};

}  // namespace llmc
