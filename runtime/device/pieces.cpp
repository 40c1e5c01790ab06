#include "runtime/device/pieces.h"
#include <algorithm>
#include <thread>
#include "runtime/device/device.h"

namespace llmc {
namespace {

constexpr size_t most_threads = 16;  // a memory's bandwidth is taken by then

}  // namespace

bool PieceQueue::take(size_t& piece) {
  piece = next_++;
  return piece < count_;
}

void PieceQueue::run(const std::function<void()>& work) {
  const auto guarded = [&] {
    try {
      work();
    } catch (...) {
      std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      next_ = count_;
    }
  };
  {
    std::vector<std::jthread> threads;
    const size_t count = std::min<size_t>({std::max(1u, std::thread::hardware_concurrency()), most_threads, count_});
    for (size_t i = 1; i < count; ++i) threads.emplace_back(guarded);
    guarded();
  }
  if (error_) std::rethrow_exception(error_);
}

void Device::upload_pieces(void* destination, const Pieces& pieces) {
  PieceQueue queue(pieces.ranges.size());
  queue.run([&] {
    for (size_t i = 0; queue.take(i);) pieces.make(i, static_cast<u8*>(destination) + pieces.ranges[i].offset);
  });
}

}  // namespace llmc
