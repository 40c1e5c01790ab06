// `llmc inspect`: what a GGUF holds, for people or as JSON, and whether llmc can compile it.
#pragma once
#include <cstdio>
#include <string>

namespace llmc {

// Any GGUF that can be read is shown, of whatever architecture and tensor types; Error as GgufFile::open otherwise. JSON holds version,
// alignment, file_bytes, parameters, tensor_bytes, metadata (arrays as {"type", "length"}), types, tensors, supported and reason.
void inspect(const std::string& path, bool json, std::FILE* out);

}  // namespace llmc
