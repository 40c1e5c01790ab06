// Who computes what: pure functions of the plan's constants and the number of workers.
#pragma once
#include "kernels/split.h"

namespace llmc::x86 {

struct Range {
  int begin, end;
};

// Worker's items of `count`: contiguous, in order, sizes at most one apart.
inline Range share(int count, unsigned worker, unsigned workers) {
  const llmc::Range r = split((u32)count, workers, worker);
  return {(int)r.begin, (int)r.end};
}

// Worker's tiles of a matrix whose `count` tiles of `bytes` stand behind `before` bytes of others, in a phase of `total` bytes that is
// shared by bytes: a tile belongs to the worker in whose share it begins.
inline Range share(int count, i64 bytes, i64 before, i64 total, unsigned worker, unsigned workers) {
  const auto first = [&](i64 at) {
    const i64 tile = (at - before + bytes - 1) / bytes;
    return (int)(at <= before ? 0 : tile < count ? tile : count);
  };
  return {first(total * worker / workers), worker + 1 == workers ? count : first(total * (worker + 1) / workers)};
}

}  // namespace llmc::x86
