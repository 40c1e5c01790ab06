#include "runtime/tokenizer/section.h"
#include <algorithm>
#include "common/error.h"
#include "common/xxhash.h"

namespace llmc {
namespace {

constexpr char kMagic[8] = {'L', 'L', 'M', 'C', 'T', 'O', 'K', '1'};
constexpr u64 kSealed = 16;  // the checksum covers everything from here

u64 checksum_of(std::string_view bytes) { return XXH3_64bits(bytes.data() + kSealed, bytes.size() - kSealed); }

u64 hash_text(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

u64 hash_pair(u32 left, u32 right) {
  u64 h = (u64{left} << 32 | right) * 0x9E3779B97F4A7C15ull;
  h = (h ^ h >> 32) * 0xD6E8FEB86659FD93ull;
  return h ^ h >> 32;
}

// The slot where probing starts comes from the hash's upper half, the tag from its lowest bits.
u32 first_slot(u64 hash, u32 slots) { return static_cast<u32>((hash >> 32) * slots >> 32); }
u32 tag_of(u64 hash) { return static_cast<u32>(hash & 0xFF) << 24; }
// Room for `count` entries at a load of 0.75, and at least one empty slot, at which a search that fails stops.
u32 slots_for(u32 count) { return count + count / 3 + 1; }

template <class Matches>
i32 find_slot(const PackedArray<u32>& slots, u64 hash, Matches&& matches) {
  const u32 tag = tag_of(hash);
  for (u32 at = first_slot(hash, slots.size());; at = at + 1 == slots.size() ? 0 : at + 1) {
    const u32 slot = slots[at];
    if (slot == 0) return -1;
    if ((slot & 0xFF000000u) != tag) continue;
    const u32 number = (slot & 0x00FFFFFFu) - 1;
    if (matches(number)) return static_cast<i32>(number);
  }
}

void add_slot(std::vector<u32>& slots, u64 hash, u32 number) {
  u32 at = first_slot(hash, static_cast<u32>(slots.size()));
  while (slots[at] != 0) at = at + 1 == slots.size() ? 0 : at + 1;
  slots[at] = tag_of(hash) | (number + 1);
}

template <class T>
void append(std::string& out, const std::vector<T>& values) {
  if (!values.empty()) out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

[[noreturn]] void damaged(const char* what) {
  fail(Exit::bad_input, "The tokenizer's section is damaged: {}. Compile the model again.", what);
}

void check(bool holds, const char* what) {
  if (!holds) damaged(what);
}

// Cuts arrays off the front of what is left of a section.
class Cutter {
 public:
  explicit Cutter(std::string_view rest) : rest_(rest) {}
  template <class T>
  PackedArray<T> array(u32 count) {
    return {take(u64{count} * sizeof(T)).data(), count};
  }
  std::string_view take(u64 bytes) {
    check(bytes <= rest_.size(), "it is too short");
    const std::string_view front = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return front;
  }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

void check_slots(const PackedArray<u32>& slots, u32 entries, const char* what) {
  u32 used = 0;
  for (u32 i = 0; i < slots.size(); ++i) {
    const u32 slot = slots[i];
    if (slot == 0) continue;
    ++used;
    check((slot & 0x00FFFFFFu) != 0 && (slot & 0x00FFFFFFu) <= entries, what);
  }
  check(used < slots.size(), what);
}

void check_special(const Section& section, const PackedArray<u32>& ids, const char* what) {
  for (u32 i = 0; i < ids.size(); ++i) {
    check(ids[i] < section.header.tokens && !section.text(ids[i]).empty(), what);
    check(i == 0 || section.text(ids[i - 1]) < section.text(ids[i]), what);
  }
}

void check_header(const SectionHeader& h) {
  check(h.model <= TokenizerModel::llama && static_cast<u32>(h.splitter) < kSplitters && h.chat_format <= ChatFormat::llama3 &&
            (h.add_bos | h.add_eos | h.add_space_prefix) <= 1,
        "an option is out of range");
  check(h.tokens > 0 && h.tokens <= kMaxTokens && h.merges <= kMaxTokens, "a count is out of range");
  const auto is_token = [&](i32 id) { return id >= -1 && id < static_cast<i32>(h.tokens); };
  check(is_token(h.bos) && is_token(h.eos) && is_token(h.unknown) && h.bos >= (h.add_bos ? 0 : -1) && h.eos >= (h.add_eos ? 0 : -1),
        "a special token is out of range");
}

}  // namespace

i32 Section::find_token(std::string_view wanted) const {
  return find_slot(token_slot, hash_text(wanted), [&](u32 token) { return text(token) == wanted; });
}

i32 Section::find_merge(u32 left, u32 right) const {
  return find_slot(merge_slot, hash_pair(left, right), [&](u32 rank) {
    const Merge m = merge[rank];
    return m.left == left && m.right == right;
  });
}

void seal_section(std::string& bytes) {
  const u64 checksum = checksum_of(bytes);
  std::memcpy(bytes.data() + offsetof(SectionHeader, checksum), &checksum, sizeof checksum);
}

std::string write_section(const Vocabulary& v) {
  const u32 tokens = static_cast<u32>(v.texts.size());
  std::vector<u32> offsets{0}, words, user_defined, special;
  std::string texts;
  for (u32 id = 0; id < tokens; ++id) {
    texts += v.texts[id];
    offsets.push_back(static_cast<u32>(texts.size()));
    const TokenKind kind = static_cast<TokenKind>(v.kinds[id] & 0x0F);
    if (v.texts[id].empty()) continue;
    if (kind == TokenKind::normal) words.push_back(id);
    if (kind == TokenKind::user_defined) user_defined.push_back(id);
    if (kind == TokenKind::user_defined || kind == TokenKind::control || kind == TokenKind::unknown) special.push_back(id);
  }
  // Of tokens with the same text the first is found.
  const auto sort_by_text = [&](std::vector<u32>& ids) {
    std::stable_sort(ids.begin(), ids.end(), [&](u32 a, u32 b) { return v.texts[a] < v.texts[b]; });
    ids.erase(std::unique(ids.begin(), ids.end(), [&](u32 a, u32 b) { return v.texts[a] == v.texts[b]; }), ids.end());
  };
  sort_by_text(user_defined);
  sort_by_text(special);
  std::vector<u32> token_slots(slots_for(static_cast<u32>(words.size())));
  for (u32 id : words) add_slot(token_slots, hash_text(v.texts[id]), id);
  std::vector<u32> merge_slots(slots_for(static_cast<u32>(v.merges.size())));
  for (u32 rank = 0; rank < v.merges.size(); ++rank) add_slot(merge_slots, hash_pair(v.merges[rank].left, v.merges[rank].right), rank);

  SectionHeader h = v.header;
  std::copy(std::begin(kMagic), std::end(kMagic), h.magic);
  h.tokens = tokens;
  h.merges = static_cast<u32>(v.merges.size());
  h.token_slots = static_cast<u32>(token_slots.size());
  h.merge_slots = static_cast<u32>(merge_slots.size());
  h.user_defined = static_cast<u32>(user_defined.size());
  h.special = static_cast<u32>(special.size());
  h.end_of_generation = static_cast<u32>(v.end_of_generation.size());
  h.text_bytes = static_cast<u32>(texts.size());
  std::string out(sizeof h, '\0');
  std::memcpy(out.data(), &h, sizeof h);
  append(out, offsets);
  append(out, v.kinds);
  append(out, v.byte_tokens);
  append(out, v.priorities);
  append(out, v.merges);
  append(out, token_slots);
  append(out, merge_slots);
  append(out, user_defined);
  append(out, special);
  append(out, v.end_of_generation);
  out += texts;
  seal_section(out);
  return out;
}

Section open_section(std::string_view bytes) {
  Section s;
  SectionHeader& h = s.header;
  check(bytes.size() >= sizeof h, "it is too short");
  std::memcpy(&h, bytes.data(), sizeof h);
  check(std::equal(std::begin(kMagic), std::end(kMagic), h.magic), "it does not begin with LLMCTOK1");
  check(h.checksum == checksum_of(bytes), "its checksum does not match");
  check_header(h);

  Cutter cut(bytes.substr(sizeof h));
  s.text_offset = cut.array<u32>(h.tokens + 1);
  s.kind = cut.array<u8>(h.tokens);
  s.byte_token = cut.array<i32>(256);
  s.priority = cut.array<u32>(h.model == TokenizerModel::llama ? h.tokens : 0);
  s.merge = cut.array<Merge>(h.merges);
  s.token_slot = cut.array<u32>(h.token_slots);
  s.merge_slot = cut.array<u32>(h.merge_slots);
  s.user_defined = cut.array<u32>(h.user_defined);
  s.special = cut.array<u32>(h.special);
  s.end_of_generation = cut.array<u32>(h.end_of_generation);
  s.texts = cut.take(h.text_bytes);
  check(cut.done(), "it is too long");

  check(s.text_offset[0] == 0 && s.text_offset[h.tokens] == h.text_bytes, "the texts' offsets do not span the texts");
  for (u32 id = 0; id < h.tokens; ++id) {
    check(s.text_offset[id] <= s.text_offset[id + 1], "the texts' offsets fall");
    check(s.kind_of(id) >= TokenKind::normal && s.kind_of(id) <= TokenKind::byte, "a token's kind is out of range");
  }
  for (u32 byte = 0; byte < 256; ++byte) {
    check(s.byte_token[byte] >= -1 && s.byte_token[byte] < static_cast<i32>(h.tokens), "a byte's token is out of range");
  }
  for (u32 rank = 0; rank < h.merges; ++rank) {
    const Merge m = s.merge[rank];
    check(m.left < h.tokens && m.right < h.tokens && m.merged < h.tokens, "a merge's token is out of range");
  }
  check_slots(s.token_slot, h.tokens, "the table of tokens is out of range");
  check_slots(s.merge_slot, h.merges, "the table of merges is out of range");
  check_special(s, s.user_defined, "the list of user-defined tokens is out of order");
  check_special(s, s.special, "the list of special tokens is out of order");
  for (u32 i = 0; i < h.end_of_generation; ++i) check(s.end_of_generation[i] < h.tokens, "an end of generation is out of range");
  return s;
}

}  // namespace llmc
