#include "compiler/tokenize.h"
#include <cerrno>
#include <cstring>
#include <memory>
#include "common/error.h"
#include "common/text.h"
#include "compiler/gguf/gguf.h"
#include "runtime/tokenizer/tokenizer.h"

namespace llmc {
namespace {

std::string read_text(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) fail(Exit::bad_input, "The text file {} can not be opened: {}. Give a file that can be read.", printable(path), std::strerror(errno));
  std::string text;
  char buffer[1 << 16];
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, file.get())) text.append(buffer, got);
  if (std::ferror(file.get())) {
    fail(Exit::bad_input, "The text file {} can not be read: {}. Give a file that can be read.", printable(path), std::strerror(errno));
  }
  return text;
}

}  // namespace

void tokenize(const TokenizeOptions& options, std::FILE* out) {
  const std::unique_ptr<GgufFile> file = GgufFile::open(options.model);
  const std::unique_ptr<Tokenizer> tokenizer = tokenizer_from_gguf(*file);
  if (!tokenizer) fail(Exit::unsupported, "{} has no tokenizer (tokenizer.ggml.model). Give a model with a vocabulary.", printable(options.model));
  const std::string text = options.file.empty() ? options.text : read_text(options.file);
  std::vector<i32> ids;
  if (tokenizer->add_bos() && !options.no_bos) ids.push_back(tokenizer->bos());
  const std::vector<i32> encoded = tokenizer->encode(text, options.special);
  ids.insert(ids.end(), encoded.begin(), encoded.end());
  if (tokenizer->add_eos()) ids.push_back(tokenizer->eos());
  std::string line;
  for (i32 id : ids) line += (line.empty() ? "" : " ") + std::to_string(id);
  line += '\n';
  if (std::fwrite(line.data(), 1, line.size(), out) != line.size() || std::fflush(out) != 0) {
    fail(Exit::failed, "The ids can not be written: {}. Check the disk or pipe they go to.", std::strerror(errno));
  }
}

}  // namespace llmc
