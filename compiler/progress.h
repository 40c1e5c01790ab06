// Progress of `llmc compile` on standard error: on a terminal one line that is redrawn (stage, bar, rate, time), elsewhere a plain
// line a stage when it ends.
#pragma once
#include <chrono>
#include <string>
#include "common/types.h"

namespace llmc {

class Progress {
 public:
  Progress();
  ~Progress();
  void stage(const std::string& name);      // ends the stage before it
  void update(u64 done, u64 total);         // bytes of the stage
  void finish();                            // ends the last stage

 private:
  void draw(bool last);
  bool terminal_;
  std::string name_;
  u64 done_ = 0, total_ = 0;
  std::chrono::steady_clock::time_point begin_, drawn_;
};

}  // namespace llmc
