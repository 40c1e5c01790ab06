// Reads a tokenizer out of GGUF metadata (ggml docs/gguf.md, "Tokenizer") and checks all of it, so that what is written into a
// section needs no trust later.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <unordered_map>
#include "common/error.h"
#include "common/text.h"
#include "compiler/gguf/gguf.h"
#include "runtime/tokenizer/byte_level.h"
#include "runtime/tokenizer/section_tokenizer.h"
#include "runtime/tokenizer/space_mark.h"
#include "runtime/tokenizer/utf8.h"
#include "runtime/tokenizer/word_encoder.h"

namespace llmc {
namespace {

constexpr u64 kMaxTexts = 1u << 30;  // bytes of all tokens together

// Of tokens of these names generation ends at each, whatever eos is: models name one end in their metadata and use several.
constexpr std::string_view kEndNames[] = {"<|im_end|>",  "<|eot_id|>",    "<|eom_id|>", "<|endoftext|>", "<|end_of_text|>", "<|end|>", "<|return|>",
                                          "<|call|>",    "<end_of_turn>", "<eos>",      "</s>",          "<EOT>",           "[EOS]",   "[EOT]"};

// Text of a model for a message.
std::string quoted(std::string_view text) { return "'" + printable(text, 40) + "'"; }

template <class... Args>
[[noreturn]] void bad(const GgufFile& file, fmt::format_string<Args...> format, Args&&... args) {
  fail(Exit::bad_input, "{}: {}. Convert the model again.", printable(file.path()), fmt::format(format, std::forward<Args>(args)...));
}

bool is_utf8(std::string_view text) {
  const char* end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const Utf8Char c = read_utf8(at, end);
    if (c.state != Utf8State::whole) return false;
    at += c.length;
  }
  return true;
}

// "<0x0A>" and nothing like it: two hexadecimal digits, no sign, no space.
std::optional<u8> parse_byte_token(std::string_view text) {
  if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return std::nullopt;
  u32 value = 0;
  for (char c : text.substr(3, 2)) {
    const u32 digit = c >= '0' && c <= '9'   ? static_cast<u32>(c - '0')
                      : c >= 'A' && c <= 'F' ? static_cast<u32>(c - 'A' + 10)
                      : c >= 'a' && c <= 'f' ? static_cast<u32>(c - 'a' + 10)
                                             : 16;
    if (digit == 16) return std::nullopt;
    value = value * 16 + digit;
  }
  return static_cast<u8>(value);
}

// Scores as integers of which the lowest is the highest score. A float's bits are in order once negative numbers are complemented
// and the sign of the others is set.
u32 priority_of(float score) {
  const u32 bits = std::bit_cast<u32>(score + 0.0f);  // -0 and 0 are one score
  const u32 ascending = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  return ~ascending;
}

class Reader {
 public:
  explicit Reader(const GgufFile& file) : file_(file) {}

  Vocabulary read(TokenizerModel model) {
    v_.header.model = model;
    read_tokens();
    read_special_ids();
    if (model == TokenizerModel::gpt2) {
      read_splitter();
      read_merges();
    } else {
      read_scores();
      // Where no word has a space after another character, no merge crosses the boundary before a space, and cutting there gives
      // the same ids much sooner.
      v_.header.splitter = some_word_holds_inner_space() ? Splitter::none : Splitter::spaces;
    }
    read_options();
    v_.header.chat_format = chat_format();
    mark_whole_words();
    return std::move(v_);
  }

  ChatFormat chat_format() const {
    const std::string_view text = file_.get_string("tokenizer.chat_template").value_or("");
    if (text.find("<|im_start|>") != std::string_view::npos) return ChatFormat::chatml;
    if (text.find("<|start_header_id|>") != std::string_view::npos) return ChatFormat::llama3;
    return ChatFormat::none;
  }

 private:
  TokenKind kind_of(u32 id) const { return static_cast<TokenKind>(v_.kinds[id]); }

  void read_tokens() {
    const auto tokens = file_.get_string_array("tokenizer.ggml.tokens");
    if (!tokens || tokens->empty()) bad(file_, "tokenizer.ggml.tokens is missing or empty");
    names_ = *tokens;
    by_name_.reserve(names_.size());
    if (names_.size() > kMaxTokens) bad(file_, "tokenizer.ggml.tokens has {} tokens, more than {}", names_.size(), kMaxTokens);
    const auto kinds = file_.get_int_array("tokenizer.ggml.token_type");
    if (kinds && kinds->size() != names_.size()) {
      bad(file_, "tokenizer.ggml.token_type has {} entries for {} tokens", kinds->size(), names_.size());
    }
    v_.byte_tokens.assign(256, -1);
    u64 total = 0;
    for (u32 id = 0; id < names_.size(); ++id) {
      total += names_[id].size();
      if (total > kMaxTexts) bad(file_, "tokenizer.ggml.tokens holds more than 1 GiB of text, with token {}", id);
      if (!is_utf8(names_[id])) bad(file_, "token {} ({}) is not UTF-8", id, quoted(names_[id]));
      const i64 kind = kinds ? (*kinds)[id] : static_cast<i64>(TokenKind::normal);
      if (kind < static_cast<i64>(TokenKind::normal) || kind > static_cast<i64>(TokenKind::byte)) {
        bad(file_, "tokenizer.ggml.token_type[{}] is {}, outside 1 to 6", id, kind);
      }
      add_token(id, static_cast<TokenKind>(kind));
    }
    if (v_.header.model == TokenizerModel::gpt2) collect_byte_words();
    end_names();
  }

  void add_token(u32 id, TokenKind kind) {
    const std::string_view name = names_[id];
    std::string text(name);
    if (kind == TokenKind::byte) {
      const std::optional<u8> byte = parse_byte_token(name);
      if (!byte) bad(file_, "token {} is a byte token, but {} is not of the form <0xNN>", id, quoted(name));
      text.assign(1, static_cast<char>(*byte));
      if (v_.byte_tokens[*byte] < 0) v_.byte_tokens[*byte] = static_cast<i32>(id);
    } else if (v_.header.model == TokenizerModel::llama) {
      if (kind == TokenKind::normal || kind == TokenKind::user_defined) text = spaces_for_marks(name);
    } else if (kind == TokenKind::normal) {
      // A text outside the alphabet stands for itself: an added token that the converter took for a normal one.
      if (auto decoded = decode_byte_level(name)) text = std::move(*decoded);
    }
    v_.texts.push_back(std::move(text));
    v_.kinds.push_back(static_cast<u8>(kind));
    const auto [known, added] = by_name_.emplace(name, id);
    if (!added && kind == TokenKind::normal && kind_of(known->second) != TokenKind::normal) known->second = id;
  }

  // gpt2: a byte's token is the one whose name is the byte's character; normal tokens go before others of that name.
  void collect_byte_words() {
    for (const auto& [name, id] : by_name_) {
      if (name.size() > 2 || kind_of(id) == TokenKind::byte) continue;
      const auto byte = decode_byte_level(name);
      if (byte && byte->size() == 1) v_.byte_tokens[static_cast<u8>((*byte)[0])] = static_cast<i32>(id);
    }
  }

  std::optional<u32> token_named(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? std::nullopt : std::optional<u32>(found->second);
  }

  void add_end(i32 id) {
    auto& ends = v_.end_of_generation;
    if (id >= 0 && std::find(ends.begin(), ends.end(), id) == ends.end()) ends.push_back(id);
  }

  // Names of this form are never text, so a token that the converter took for a normal one is made a control token;
  // others ("</s>") may be, and count only where they are special already.
  void end_names() {
    for (std::string_view name : kEndNames) {
      const std::optional<u32> id = token_named(name);
      if (!id) continue;
      if (name.starts_with("<|")) v_.kinds[*id] = static_cast<u8>(TokenKind::control), v_.texts[*id] = name;
      if (kind_of(*id) != TokenKind::normal) ends_by_name_.push_back(static_cast<i32>(*id));
    }
  }

  // The id under `key`; without the key, that of the token `usual` if it is a special one.
  i32 special_id(const char* key, std::string_view usual = "") const {
    if (const auto id = file_.get_uint(key)) {
      if (*id >= names_.size()) bad(file_, "{} is {}, but there are {} tokens", key, *id, names_.size());
      return static_cast<i32>(*id);
    }
    const std::optional<u32> found = token_named(usual);
    return found && kind_of(*found) != TokenKind::normal ? static_cast<i32>(*found) : -1;
  }

  void read_special_ids() {
    const bool llama = v_.header.model == TokenizerModel::llama;
    v_.header.bos = special_id("tokenizer.ggml.bos_token_id", llama ? "<s>" : "");
    v_.header.eos = special_id("tokenizer.ggml.eos_token_id", llama ? "</s>" : "");
    v_.header.unknown = special_id("tokenizer.ggml.unknown_token_id", llama ? "<unk>" : "");
    add_end(v_.header.eos);
    add_end(special_id("tokenizer.ggml.eot_token_id"));
    add_end(special_id("tokenizer.ggml.eom_token_id"));
    for (i32 id : ends_by_name_) add_end(id);
  }

  void read_splitter() {
    const std::string_view name = file_.get_string("tokenizer.ggml.pre").value_or("default");
    const std::optional<Splitter> splitter = splitter_by_name(name);
    if (!splitter) {
      fail(Exit::unsupported, "{}: the pre-tokenizer {} (tokenizer.ggml.pre) is not supported. llmc knows {}.", printable(file_.path()), quoted(name),
           splitter_names());
    }
    v_.header.splitter = *splitter;
  }

  void read_merges() {
    const auto merges = file_.get_string_array("tokenizer.ggml.merges");
    if (!merges) bad(file_, "tokenizer.ggml.merges is missing");
    if (merges->size() > kMaxTokens) bad(file_, "tokenizer.ggml.merges has {} merges, more than {}", merges->size(), kMaxTokens);
    std::string merged;
    for (size_t rank = 0; rank < merges->size(); ++rank) {
      const std::string_view merge = (*merges)[rank];
      const size_t space = merge.find(' ');
      if (space == std::string_view::npos) bad(file_, "tokenizer.ggml.merges[{}] is {}, not two tokens and a space", rank, quoted(merge));
      const auto token = [&](std::string_view name) {
        const std::optional<u32> id = token_named(name);
        if (!id) bad(file_, "tokenizer.ggml.merges[{}] is {}, but {} is not a token", rank, quoted(merge), quoted(name));
        return *id;
      };
      const std::string_view left = merge.substr(0, space), right = merge.substr(space + 1);
      merged.assign(left).append(right);
      v_.merges.push_back({token(left), token(right), token(merged)});
    }
  }

  void read_scores() {
    const auto scores = file_.get_float_array("tokenizer.ggml.scores");
    if (!scores) bad(file_, "tokenizer.ggml.scores is missing");
    if (scores->size() != names_.size()) bad(file_, "tokenizer.ggml.scores has {} entries for {} tokens", scores->size(), names_.size());
    for (size_t id = 0; id < scores->size(); ++id) {
      if (std::isnan((*scores)[id])) bad(file_, "tokenizer.ggml.scores[{}] is not a number", id);
      v_.priorities.push_back(priority_of((*scores)[id]));
    }
  }

  bool some_word_holds_inner_space() const {
    for (u32 id = 0; id < v_.texts.size(); ++id) {
      const std::string& text = v_.texts[id];
      const size_t begin = text.find_first_not_of(' ');
      if (kind_of(id) == TokenKind::normal && begin != std::string::npos && text.find(' ', begin) != std::string::npos) return true;
    }
    return false;
  }

  void read_options() {
    SectionHeader& h = v_.header;
    const bool llama = h.model == TokenizerModel::llama;
    const auto option = [&](const char* key, i32 id, bool usual) -> u32 {
      const std::optional<bool> wanted = file_.get_bool(key);
      if (wanted.value_or(false) && id < 0) bad(file_, "{} is true, but the model names no such token", key);
      return wanted.value_or(usual && id >= 0);
    };
    h.add_bos = option("tokenizer.ggml.add_bos_token", h.bos, llama || h.splitter == Splitter::llama3);
    h.add_eos = option("tokenizer.ggml.add_eos_token", h.eos, false);
    h.add_space_prefix = llama && file_.get_bool("tokenizer.ggml.add_space_prefix").value_or(true);
  }

  // Llama 3's rule is that a word which is a token is never merged. Elsewhere the shortcut must change nothing, so it is taken
  // only for tokens that merging finds.
  void mark_whole_words() {
    const std::string bytes = write_section(v_);
    const Section section = open_section(bytes);
    WordEncoder encoder(section);
    for (u32 id = 0; id < v_.texts.size(); ++id) {
      if (kind_of(id) != TokenKind::normal || v_.texts[id].empty()) continue;
      const bool whole = v_.header.splitter == Splitter::llama3 ? decode_byte_level(names_[id]).has_value()
                                                                : encoder.merge_to_one(v_.texts[id]) == static_cast<i32>(id);
      if (whole) v_.kinds[id] |= kWholeWord;
    }
  }

  const GgufFile& file_;
  std::vector<std::string_view> names_;
  std::unordered_map<std::string_view, u32> by_name_;
  std::vector<i32> ends_by_name_;
  Vocabulary v_;
};

}  // namespace

std::unique_ptr<Tokenizer> tokenizer_from_gguf(const GgufFile& file) {
  const std::optional<std::string_view> model = file.get_string("tokenizer.ggml.model");
  if (!model || *model == "no_vocab" || *model == "none") return nullptr;
  if (*model != "gpt2" && *model != "llama") {
    fail(Exit::unsupported, "{}: the tokenizer model {} (tokenizer.ggml.model) is not supported. llmc knows gpt2 and llama.", printable(file.path()),
         quoted(*model));
  }
  Reader reader(file);
  const Vocabulary vocabulary = reader.read(*model == "gpt2" ? TokenizerModel::gpt2 : TokenizerModel::llama);
  return std::make_unique<SectionTokenizer>(write_section(vocabulary), std::string_view());
}

bool has_unrecognised_template(const GgufFile& file) {
  return !file.get_string("tokenizer.chat_template").value_or("").empty() && Reader(file).chat_format() == ChatFormat::none;
}

}  // namespace llmc
