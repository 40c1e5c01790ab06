#include "compiler/standard_output.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include "common/error.h"

namespace llmc {

void finish_standard_output() {
  // Where an earlier write failed, its errno still stands: what was held back then is gone, so that fflush has nothing to fail at.
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  fail(Exit::failed, "Standard output cannot be written: {}. Check the disk or pipe it goes to.", std::strerror(errno));
}

}  // namespace llmc
