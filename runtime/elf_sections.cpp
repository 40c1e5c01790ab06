#include "runtime/elf_sections.h"
#include <cstring>
#include "common/error.h"

namespace llmc {
namespace {

// Copied out, since a table of a damaged file may stand at any offset.
template <class T>
T read_at(std::span<const u8> file, u64 offset, const std::string& what) {
  if (offset > file.size() || sizeof(T) > file.size() - offset) {
    fail(Exit::bad_input, "{}: the file ends at byte {}, inside a table that should stand at byte {}. It was cut short: copy or build it again.", what,
         file.size(), offset);
  }
  T value;
  std::memcpy(&value, file.data() + offset, sizeof(T));
  return value;
}

}  // namespace

std::vector<ElfSection> read_elf_sections(std::span<const u8> file, const std::string& what) {
  const auto header = read_at<Elf64_Ehdr>(file, 0, what);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    fail(Exit::bad_input, "{} is not a 64-bit little-endian ELF file.", what);
  }
  std::vector<ElfSection> sections;
  if (header.e_shoff == 0 || header.e_shnum == 0) return sections;
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shstrndx >= header.e_shnum) {
    fail(Exit::bad_input, "{}: the section table is damaged. Copy or build the file again.", what);
  }
  sections.reserve(header.e_shnum);
  for (u64 i = 0; i < header.e_shnum; ++i) {
    const auto section = read_at<Elf64_Shdr>(file, header.e_shoff + i * sizeof(Elf64_Shdr), what);
    std::span<const u8> bytes;
    if (section.sh_type != SHT_NOBITS && section.sh_size != 0) {
      if (section.sh_offset > file.size() || section.sh_size > file.size() - section.sh_offset) {
        fail(Exit::bad_input, "{}: section {} ends at byte {} of {}. The file was cut short: copy or build it again.", what, i,
             section.sh_offset + section.sh_size, file.size());
      }
      bytes = file.subspan(section.sh_offset, section.sh_size);
    }
    sections.push_back({{}, bytes, section});
  }
  const std::span<const u8> names = sections[header.e_shstrndx].bytes;
  for (ElfSection& section : sections) {
    const u64 start = section.header.sh_name;
    if (start >= names.size()) continue;
    const auto* text = reinterpret_cast<const char*>(names.data()) + start;
    section.name = {text, strnlen(text, names.size() - start)};
  }
  return sections;
}

}  // namespace llmc
