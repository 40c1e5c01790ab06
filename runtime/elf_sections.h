// The section table of a 64-bit little-endian ELF file, read without trust: a program finds its payload in it (image.cpp), the
// packer extends it (compiler/pack/elf_append.cpp). Names and sizes per the System V ABI.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <elf.h>
#include "common/types.h"

namespace llmc {

struct ElfSection {
  std::string_view name;    // inside `file`
  std::span<const u8> bytes;  // empty where the section has no bytes in the file
  Elf64_Shdr header;
};

// All sections, in file order. Error(bad_input) naming `what` where the file is no such ELF or its table lies outside it.
std::vector<ElfSection> read_elf_sections(std::span<const u8> file, const std::string& what);

}  // namespace llmc
