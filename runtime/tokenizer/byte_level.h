// The alphabet of byte-level BPE: vocabularies write every byte as one printable character, the same where the byte is printable
// in Latin-1 (33-126, 161-172, 174-255), and U+0100 on, in order, for the 68 others ("Ġ" is the space).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace llmc {

// The bytes that a token's text, well-formed UTF-8, stands for; nothing if a character is not of the alphabet.
std::optional<std::string> decode_byte_level(std::string_view text);

}  // namespace llmc
