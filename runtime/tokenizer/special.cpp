#include "runtime/tokenizer/special.h"
#include <algorithm>

namespace llmc {

SpecialFinder::SpecialFinder(const Section& section, const PackedArray<u32>& ids) : section_(&section), ids_(ids) {
  for (u32 i = 0; i < ids.size(); ++i) begins_[static_cast<u8>(section.text(ids[i])[0])] = true;
}

SpecialFinder::Found SpecialFinder::find(std::string_view text, size_t from) const {
  for (size_t at = from; at < text.size(); ++at) {
    if (!begins_[static_cast<u8>(text[at])]) continue;
    const i32 token = longest_prefix(text.substr(at));
    if (token >= 0) return {at, token};
  }
  return {text.size(), -1};
}

// The last token not after `text` in the order of texts is the longest that is a prefix of it, if it is one at all. If not, any
// prefix comes before that token and agrees with it, so it is within what `text` and the token share: search again for that.
i32 SpecialFinder::longest_prefix(std::string_view text) const {
  while (!text.empty()) {
    u32 low = 0, high = ids_.size();
    while (low < high) {
      const u32 middle = low + (high - low) / 2;
      if (section_->text(ids_[middle]) <= text) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == 0) return -1;
    const std::string_view candidate = section_->text(ids_[low - 1]);
    if (text.starts_with(candidate)) return static_cast<i32>(ids_[low - 1]);
    const auto [in_text, in_candidate] = std::mismatch(text.begin(), text.end(), candidate.begin(), candidate.end());
    text = text.substr(0, static_cast<size_t>(in_text - text.begin()));
  }
  return -1;
}

}  // namespace llmc
