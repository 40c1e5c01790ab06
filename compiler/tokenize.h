// The body of `llmc tokenize`: the ids of a text, by the tokenizer of a GGUF of any architecture, vocabulary-only files too.
#pragma once
#include <cstdio>
#include <optional>
#include <string>

namespace llmc {

struct TokenizeOptions {
  std::string model;                // path of the GGUF
  std::optional<std::string> text;  // -p
  std::optional<std::string> file;  // -f: its bytes are the text, verbatim; with neither, those of standard input
  bool no_bos = false;              // no BOS, even where the model wants one
  bool special = false;             // control tokens in the text are matched as tokens
};

// Writes the ids, with BOS and EOS where the model wants them, to `out` on one line, separated by spaces. Error(bad_input) for a file that
// can not be read or is no GGUF, Error(unsupported) for a model without a tokenizer or with one that llmc does not know.
void tokenize(const TokenizeOptions& options, std::FILE* out);

}  // namespace llmc
