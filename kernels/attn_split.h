// How attention of one new token is cut over the context: a pure function of the context's length, the launch's workers and the
// model. Read by the kernels and by the plan, so plain built-in types only.
#pragma once

namespace llmc::attn_split {

constexpr unsigned max_pieces = 128;  // rows of `attn_part` of a head
constexpr unsigned min_piece = 128;   // positions: below that, merging costs more than reading
// Query heads that a workgroup of 512 threads computes together over one reading of K and V: what fits into a lane's `registers` beside
// the rows in flight, and with the sums of 16 waves into 48 KB of shared memory.
constexpr unsigned max_heads(unsigned head_dim, unsigned registers) {
  return head_dim <= 64 && registers >= 192 ? 8 : head_dim <= 128 ? 4 : 2;
}
constexpr unsigned matrix_heads = 8;  // the same with matrix instructions (attention_tiles.h)

// A group (the query heads of a kv head) is cut into equal parts of at most `most` heads.
constexpr unsigned parts(unsigned group, unsigned most) { return (group + most - 1) / most; }
constexpr unsigned heads_per_part(unsigned group, unsigned most) { return (group + parts(group, most) - 1) / parts(group, most); }

// Contexts of up to so many positions, the new token's included, are computed by attention_short.h.
constexpr unsigned short_positions = 192;

// Pieces into which `positions` (>= 1) are cut, for each of `lanes` = kv heads x parts that are computed side by side. Up to `whole` positions
// are left in one. Always inlined: a call in a hot kernel of AMD's would take a stack.
[[gnu::always_inline]] constexpr unsigned pieces(unsigned positions, unsigned workers, unsigned lanes, unsigned whole = min_piece) {
  if (positions <= whole) return 1;
  unsigned share = workers / lanes, useful = (positions + min_piece - 1) / min_piece;
  unsigned count = share < useful ? share : useful;
  return count < 1 ? 1 : count < max_pieces ? count : max_pieces;
}
// First position of piece `piece`; of piece `count`, the end.
constexpr unsigned piece_begin(unsigned piece, unsigned count, unsigned positions) {
  return positions * piece / count;
}

}  // namespace llmc::attn_split
