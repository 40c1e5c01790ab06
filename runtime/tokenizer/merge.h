// Byte-pair merging of one word: of all pairs of neighbours that may merge, the one of lowest priority merges first, the leftmost
// of equals, until none may. A heap of candidate pairs over a linked list of symbols makes it O(n log n), so that one word of a
// million bytes (text without a space, a hostile prompt) takes a second and not hours. A candidate is not removed when one of its
// symbols merges elsewhere: symbols only ever grow, so a stale candidate is known by its length and skipped when it comes up.
#pragma once
#include <algorithm>
#include <optional>
#include <vector>
#include "common/types.h"

namespace llmc {

struct Symbol {
  u32 begin, length;  // bytes of the word; length 0: merged into the symbol before it
  i32 token;          // -1: no token has this text
  i32 previous, next; // -1: none
};

struct MergeCandidate {
  u32 priority;
  i32 merged;  // token
};

// The symbols of a word in order, and the room that merging needs, kept from word to word.
class Merger {
 public:
  void clear() { symbols_.clear(); }
  void add(u32 begin, u32 length, i32 token) {
    const i32 at = static_cast<i32>(symbols_.size());
    if (at > 0) symbols_.back().next = at;
    symbols_.push_back({begin, length, token, at - 1, -1});
  }
  // candidate(left, right) -> std::optional<MergeCandidate>: whether two neighbours may merge.
  template <class Candidate>
  void run(Candidate&& candidate) {
    heap_.clear();
    const auto consider = [&](i32 left, i32 right) {
      const Symbol &l = symbols_[left], &r = symbols_[right];
      if (const std::optional<MergeCandidate> c = candidate(l, r)) {
        heap_.push_back({u64{c->priority} << 32 | static_cast<u32>(left), right, l.length + r.length, c->merged});
        std::push_heap(heap_.begin(), heap_.end());
      }
    };
    for (i32 i = 1; i < static_cast<i32>(symbols_.size()); ++i) consider(i - 1, i);
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end());
      const Pair pair = heap_.back();
      heap_.pop_back();
      const i32 left = static_cast<i32>(pair.order & 0xFFFFFFFFu);
      Symbol &l = symbols_[left], &r = symbols_[pair.right];
      if (l.length == 0 || r.length == 0 || l.length + r.length != pair.length) continue;
      l.length = pair.length;
      l.token = pair.merged;
      l.next = r.next;
      r.length = 0;
      if (l.next >= 0) symbols_[l.next].previous = left;
      if (l.previous >= 0) consider(l.previous, left);
      if (l.next >= 0) consider(left, l.next);
    }
  }
  template <class Visit>
  void visit(Visit&& visit) const {
    for (i32 i = symbols_.empty() ? -1 : 0; i >= 0; i = symbols_[i].next) visit(symbols_[i]);
  }

 private:
  struct Pair {
    u64 order;   // priority, then position
    i32 right;
    u32 length;  // of both, when the candidate was found
    i32 merged;
    bool operator<(const Pair& other) const { return order > other.order; }  // std's heap has the largest first
  };
  std::vector<Symbol> symbols_;
  std::vector<Pair> heap_;
};

}  // namespace llmc
