// A plain chat on a terminal: `> `, a line, the answer, again. The conversation stays in the KV cache: each turn feeds only what is new.
#pragma once
#include <string>
#include "runtime/commands/answer.h"

namespace llmc {

// `request`: sampling and limits of every answer (its prompt is ignored). `raw`: each line is completed as it is, on its own.
int chat(Engine& engine, const Tokenizer& tokenizer, const AnswerRequest& request, const std::string& system, bool raw);

// The tokens of a text that is completed as it is: special tokens in it are matched, BOS where the model wants one.
std::vector<i32> encode_raw(const Tokenizer& tokenizer, const std::string& text);

}  // namespace llmc
