// The GGUF harness under libFuzzer: build with Clang and -DLLMC_FUZZ=ON, then run bin/gguf_fuzz FOLDER_OF_GGUFS.
#include <cstdio>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include "tests/fuzz/gguf_harness.h"

extern "C" int LLVMFuzzerTestOneInput(const llmc::u8* data, size_t size) {
  // The reader takes a path, as it does in use: an anonymous file has one.
  static const int file = memfd_create("fuzz.gguf", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (ftruncate(file, static_cast<off_t>(size)) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) return -1;
  llmc::fuzz::read_everything(path);
  return 0;
}
