#include "compiler/tokenize.h"
#include <cerrno>
#include <cstring>
#include <memory>
#include "common/error.h"
#include "common/read_file.h"
#include "common/text.h"
#include "compiler/gguf/gguf.h"
#include "runtime/tokenizer/tokenizer.h"

namespace llmc {
void tokenize(const TokenizeOptions& options, std::FILE* out) {
  const std::unique_ptr<GgufFile> file = GgufFile::open(options.model);
  const std::unique_ptr<Tokenizer> tokenizer = tokenizer_from_gguf(*file);
  if (!tokenizer) fail(Exit::unsupported, "{} has no tokenizer (tokenizer.ggml.model). Give a model with a vocabulary.", printable(options.model));
  const std::string text = options.file ? read_text_file(*options.file, "-f") : options.text ? *options.text : read_standard_input();
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
