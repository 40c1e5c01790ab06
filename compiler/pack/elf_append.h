// Appends sections to an ELF file that is being written: payload first, page-aligned, then a new name table and section table;
// last, the header is pointed to them. The runtime's own sections keep their places, so its debugger-visible shape stays valid.
#pragma once
#include <span>
#include <string>
#include <vector>
#include <elf.h>
#include "common/types.h"
#include "compiler/pack/atomic_file.h"

namespace llmc {

class ElfAppender {
 public:
  static constexpr u64 page = 4096;

  ElfAppender(AtomicFile& file, std::span<const u8> elf);  // writes `elf`

  void begin(const std::string& name);       // then append to the file, then
  u64 end();                                 // the section's bytes
  u64 add(const std::string& name, std::span<const u8> bytes);
  void finish();

 private:
  void pad();

  AtomicFile& file_;
  std::span<const u8> elf_;
  std::vector<Elf64_Shdr> headers_;
  std::vector<std::string> names_;
};

}  // namespace llmc
