// What both fuzzers do with a file: open it, read everything in it, and read it as a model. Any byte sequence must end in a model or in
// an error of the user's kind; a crash, a read outside the file (under AddressSanitizer) or an internal error is a fault of llmc.
#pragma once
#include <string>
#include "common/types.h"

namespace llmc::fuzz {

// Returns what happened, for statistics: "model", "metadata" (opened, but no model) or "refused".
const char* read_everything(const std::string& path);

}  // namespace llmc::fuzz
