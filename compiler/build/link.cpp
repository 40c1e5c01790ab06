#include "compiler/build/link.h"
#include <lld/Common/Driver.h>
#include <llvm/Support/raw_ostream.h>
#include "common/error.h"
#include "compiler/build/temporary_folder.h"

LLD_HAS_DRIVER(elf)

namespace llmc {

std::vector<u8> link_object(const std::string& object, const std::vector<std::string>& arguments) {
  // LLD reads and writes files by path only.
  TemporaryFolder folder;
  const std::string input = folder.path() + "/input.o", output = folder.path() + "/output.so";
  write_file(input, object);
  std::vector<const char*> pointers = {"ld.lld"};
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  pointers.insert(pointers.end(), {input.c_str(), "-o", output.c_str()});

  std::string text;
  llvm::raw_string_ostream messages(text);
  const lld::Result result = lld::lldMain(pointers, messages, messages, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0) throw InternalError(fmt::format("the linker refused the generated code: {}", text));
  const std::string bytes = read_file(output);
  return {bytes.begin(), bytes.end()};
}

}  // namespace llmc
