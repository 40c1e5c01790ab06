#include "runtime/tokenizer/tokenizer.h"
#include "common/error.h"
#include "runtime/tokenizer/section_tokenizer.h"
#include "runtime/tokenizer/space_mark.h"
#include "runtime/tokenizer/word_encoder.h"

namespace llmc {
namespace {

constexpr size_t kMaxText = 1u << 30;  // positions in a word are 32 bits

}  // namespace

SectionTokenizer::SectionTokenizer(std::string owned, std::string_view view)
    : owned_(std::move(owned)),
      bytes_(view.data() ? view : std::string_view(owned_)),
      section_(open_section(bytes_)),
      user_defined_(section_, section_.user_defined),
      special_(section_, section_.special) {
  for (u32 i = 0; i < section_.end_of_generation.size(); ++i) {
    end_of_generation_.push_back(static_cast<i32>(section_.end_of_generation[i]));
  }
}

std::vector<i32> SectionTokenizer::encode(std::string_view text, bool special) const {
  if (text.size() > kMaxText) fail(Exit::bad_input, "The text has {} bytes; a text may have at most 1 GiB. Give less text.", text.size());
  const SpecialFinder& finder = special ? special_ : user_defined_;
  const SectionHeader& header = section_.header;
  WordEncoder encoder(section_);
  std::vector<i32> ids;
  for (size_t at = 0; at < text.size();) {
    const SpecialFinder::Found found = finder.find(text, at);
    const std::string_view plain = text.substr(at, found.begin - at);
    if (header.model == TokenizerModel::llama && !plain.empty()) {
      encoder.encode(spaces_for_marks(plain, header.add_space_prefix), ids);
    } else {
      encoder.encode(plain, ids);
    }
    if (found.token < 0) break;
    ids.push_back(found.token);
    at = found.begin + section_.text(static_cast<u32>(found.token)).size();
  }
  return ids;
}

std::string_view SectionTokenizer::bytes(i32 token, bool special) const {
  if (token < 0 || static_cast<u32>(token) >= size()) return {};
  switch (section_.kind_of(static_cast<u32>(token))) {
    case TokenKind::unused: return {};
    case TokenKind::unknown:
    case TokenKind::control:
      if (!special) return {};
      break;
    case TokenKind::normal:
    case TokenKind::user_defined:
    case TokenKind::byte: break;
  }
  return section_.text(static_cast<u32>(token));
}

std::unique_ptr<Tokenizer> tokenizer_from_section(std::string_view section) {
  if (section.empty()) fail(Exit::bad_input, "The tokenizer's section is empty. Compile the model again.");
  return std::make_unique<SectionTokenizer>(std::string(), section);
}

}  // namespace llmc
