// What an executable carries behind the runtime (docs/image.md): a manifest, and per target a plan and its code, one tokenizer, one
// copy of the weights per layout. Sections are found in the program's own file, mapped, never copied.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "common/mapped_file.h"
#include "common/types.h"

namespace llmc {

constexpr u32 image_format = 2;
constexpr std::string_view section_prefix = ".llmc.";
constexpr std::string_view manifest_section = ".llmc.manifest";
constexpr std::string_view tokenizer_section = ".llmc.tokenizer";

struct CodeEntry {
  std::string kind;  // "so" (x86), "hsaco" (AMD), "ptx" or "cubin" (NVIDIA)
  std::string arch;  // "sm_90"
  std::span<const u8> bytes;
};

// XXH3-64 as 16 hexadecimal digits.
std::string hash_text(std::span<const u8> bytes);

class Image {
 public:
  // Maps `path`, checks the manifest and the hashes of code, plan and tokenizer. Error(bad_input) where sections were stripped, cut
  // or changed; the message names the section.
  static std::unique_ptr<Image> open(const std::string& path);

  const std::string& path() const { return file_.path(); }
  const std::string& version() const { return version_; }  // of the llmc that made it
  const std::string& model() const { return model_; }      // the model's own name, as data: may be empty or hold anything
  const std::string& identity() const { return identity_; }  // gguf_identity() of the GGUF it was made from
  std::string_view plan() const { return plan_; }          // JSON, of the (first) target
  const std::vector<CodeEntry>& code() const { return code_; }
  std::string_view tokenizer() const { return tokenizer_; }  // empty: the model has none
  std::span<const u8> weights() const { return weights_; }   // empty with extern weights
  const std::optional<std::string>& extern_weights() const { return extern_; }  // where they stayed in the GGUF: its name, without folders

  // Reads all weights: seconds for a large model. Error(bad_input) where they changed.
  void check_weights() const;

  struct Section {
    std::string name;
    u64 bytes;
    std::string hash;
  };
  const std::vector<Section>& sections() const { return sections_; }  // for `info`

 private:
  explicit Image(const std::string& path) : file_(path) {}

  MappedFile file_;
  std::string version_, model_, identity_, weights_name_, weights_hash_;
  std::string_view plan_, tokenizer_;
  std::vector<CodeEntry> code_;
  std::span<const u8> weights_;
  std::optional<std::string> extern_;
  std::vector<Section> sections_;
};

}  // namespace llmc
