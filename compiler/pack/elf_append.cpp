#include "compiler/pack/elf_append.h"
#include <cstring>
#include "common/error.h"
#include "runtime/elf_sections.h"

namespace llmc {
namespace {

template <class T>
std::span<const u8> bytes_of(const T& value) {
  return {reinterpret_cast<const u8*>(&value), sizeof(T)};
}

}  // namespace

ElfAppender::ElfAppender(AtomicFile& file, std::span<const u8> elf) : file_(file), elf_(elf) { file_.append(elf); }

void ElfAppender::pad() {
  static const u8 zeros[page] = {};
  file_.append({zeros, static_cast<size_t>(align_up(file_.size(), page) - file_.size())});
}

void ElfAppender::begin(const std::string& name) {
  pad();
  Elf64_Shdr header = {};
  header.sh_type = SHT_PROGBITS;
  header.sh_offset = file_.size();
  header.sh_addralign = page;  // kept by tools that rewrite the file, so that what is mapped stays aligned
  headers_.push_back(header);
  names_.push_back(name);
}

u64 ElfAppender::end() { return headers_.back().sh_size = file_.size() - headers_.back().sh_offset; }

u64 ElfAppender::add(const std::string& name, std::span<const u8> bytes) {
  begin(name);
  file_.append(bytes);
  return end();
}

void ElfAppender::finish() {
  std::vector<ElfSection> sections = read_elf_sections(elf_, "the runtime");
  require(!sections.empty(), "the runtime has no section table");
  Elf64_Ehdr header;
  std::memcpy(&header, elf_.data(), sizeof(header));

  const std::span<const u8> old_names = sections[header.e_shstrndx].bytes;
  std::string names(old_names.begin(), old_names.end());
  for (size_t i = 0; i < headers_.size(); ++i) {
    headers_[i].sh_name = static_cast<u32>(names.size());
    names += names_[i];
    names += '\0';
  }
  sections[header.e_shstrndx].header.sh_offset = file_.size();
  sections[header.e_shstrndx].header.sh_size = names.size();
  file_.append({reinterpret_cast<const u8*>(names.data()), names.size()});

  static const u8 zeros[8] = {};
  file_.append({zeros, static_cast<size_t>(align_up(file_.size(), 8) - file_.size())});
  header.e_shoff = file_.size();
  header.e_shnum = static_cast<u16>(sections.size() + headers_.size());
  for (const ElfSection& section : sections) file_.append(bytes_of(section.header));
  for (const Elf64_Shdr& section : headers_) file_.append(bytes_of(section));
  file_.overwrite(0, bytes_of(header));
}

}  // namespace llmc
