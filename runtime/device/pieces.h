// Data on its way to a device, made piece by piece by several threads at once: packed weights, which are read, or repacked, at every start.
#pragma once
#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <vector>
#include "common/types.h"

namespace llmc {

struct Pieces {
  struct Range {
    u64 offset, bytes;  // of the destination
  };
  std::vector<Range> ranges;
  std::function<void(size_t piece, u8* out)> make;  // by any thread; `out` has room for the range's bytes
};

// Hands out the numbers below `count` to threads. Any thread's exception ends the handing out and is thrown again by run().
class PieceQueue {
 public:
  explicit PieceQueue(size_t count) : count_(count) {}
  bool take(size_t& piece);
  // Runs `work`, which takes until nothing is left, on this thread and on as many more as pay (at most 15).
  void run(const std::function<void()>& work);

 private:
  size_t count_;
  std::atomic<size_t> next_ = 0;
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace llmc
