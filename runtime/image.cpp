#include "runtime/image.h"
#include <map>
#include <nlohmann/json.hpp>
#include "common/error.h"
#include "common/xxhash.h"
#include "runtime/elf_sections.h"

namespace llmc {
namespace {

constexpr size_t hash_digits = 16;

std::string_view as_text(std::span<const u8> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

[[noreturn]] void damaged(const std::string& path, std::string_view section) {
  fail(Exit::bad_input,
       "{}: the section {} does not match its hash, so the program was changed or damaged after it was made. Copy it again, or make it again with `llmc compile`.",
       path, section);
}

}  // namespace

std::string hash_text(std::span<const u8> bytes) { return fmt::format("{:016x}", XXH3_64bits(bytes.data(), bytes.size())); }

std::unique_ptr<Image> Image::open(const std::string& path) {
  std::unique_ptr<Image> image(new Image(path));
  std::map<std::string_view, std::span<const u8>> found;
  for (const ElfSection& section : read_elf_sections(image->file_.bytes(), path)) {
    if (section.name.starts_with(section_prefix)) found[section.name] = section.bytes;
  }
  const auto manifest_entry = found.find(manifest_section);
  if (manifest_entry == found.end()) {
    fail(Exit::bad_input,
         "{} holds no model: its sections {}* are missing. `llvm-strip` and packers remove them; take the file as `llmc compile` wrote it.", path,
         section_prefix);
  }
  // The manifest is JSON followed by its own hash.
  const std::span<const u8> manifest_bytes = manifest_entry->second;
  if (manifest_bytes.size() < hash_digits) damaged(path, manifest_section);
  const auto json_bytes = manifest_bytes.first(manifest_bytes.size() - hash_digits);
  if (as_text(manifest_bytes.last(hash_digits)) != hash_text(json_bytes)) damaged(path, manifest_section);

  try {
    const auto manifest = nlohmann::json::parse(as_text(json_bytes));
    if (manifest.at("format").get<u32>() != image_format) {
      fail(Exit::bad_input, "{} has image format {}; this runtime reads format {}. Make the program again with one version of llmc.", path,
           manifest.at("format").get<u32>(), image_format);
    }
    image->version_ = manifest.at("llmc").get<std::string>();
    image->model_ = manifest.at("model").get<std::string>();
    image->identity_ = manifest.at("identity").get<std::string>();
    // Hashes of everything but the weights: at most a few megabytes.
    const auto& target = manifest.at("targets").at(0);
    const std::string weights = target.value("weights", std::string());
    for (const auto& entry : manifest.at("sections")) {
      Section section{entry.at("name").get<std::string>(), entry.at("bytes").get<u64>(), entry.at("xxh3").get<std::string>()};
      const auto at = found.find(section.name);
      if (at == found.end() || at->second.size() != section.bytes) {
        fail(Exit::bad_input, "{}: the section {} of {} bytes is missing or has another size. Take the file as `llmc compile` wrote it.", path,
             section.name, section.bytes);
      }
      if (section.name != weights && hash_text(at->second) != section.hash) damaged(path, section.name);
      if (section.name == weights) image->weights_hash_ = section.hash;
      image->sections_.push_back(std::move(section));
    }
    const auto bytes_of = [&](const std::string& name) {
      const auto at = found.find(name);
      if (at == found.end()) fail(Exit::bad_input, "{}: the section {} is missing. Make the program again.", path, name);
      return at->second;
    };
    image->plan_ = as_text(bytes_of(target.at("plan").get<std::string>()));
    for (const auto& entry : target.at("code")) {
      image->code_.push_back(
          {entry.at("kind").get<std::string>(), entry.at("arch").get<std::string>(), bytes_of(entry.at("section").get<std::string>())});
    }
    if (!weights.empty()) {
      image->weights_ = bytes_of(weights);
      image->weights_name_ = weights;
    }
    if (manifest.contains("extern")) image->extern_ = manifest["extern"].get<std::string>();
    if (manifest.value("tokenizer", false)) image->tokenizer_ = as_text(bytes_of(std::string(tokenizer_section)));
  } catch (const nlohmann::json::exception& fault) {
    fail(Exit::bad_input, "{}: the manifest is not what this runtime expects ({}). Make the program again with one version of llmc.", path, fault.what());
  }
  return image;
}

void Image::check_weights() const {
  if (!weights_.empty() && hash_text(weights_) != weights_hash_) damaged(path(), weights_name_);
}

}  // namespace llmc
