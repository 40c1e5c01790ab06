// Who does what: the pure functions that cut work over workers, columns over lanes and a context over pieces.
#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include "kernels/attn_split.h"
#include "kernels/cache_layout.h"
#include "kernels/split.h"

namespace llmc {
namespace {

TEST(Split, EveryItemHasOneWorker) {
  for (const u32 items : {0u, 1u, 7u, 132u, 1000u, 151936u}) {
    for (const u32 workers : {1u, 2u, 96u, 132u, 264u}) {
      u32 end = 0, least = ~0u, most = 0;
      for (u32 worker = 0; worker < workers; worker++) {
        const Range range = split(items, workers, worker);
        EXPECT_EQ(range.begin, end);
        end = range.end;
        least = std::min(least, range.end - range.begin);
        most = std::max(most, range.end - range.begin);
      }
      EXPECT_EQ(end, items);
      EXPECT_LE(most - least, 1u) << items << " items, " << workers << " workers";
    }
  }
}

TEST(Split, SlicesStayWithinGroupsAndColumns) {
  for (const u32 items : {1u, 20u, 112u, 608u}) {
    for (const u32 micro_tiles : {1u, 7u, 38u, 112u}) {
      for (const u32 workers : {1u, 48u, 132u}) {
        const u32 slices = pick_slices({items, 2, micro_tiles, 256}, 16, workers);
        EXPECT_GE(slices, 1u);
        EXPECT_LE(slices, std::min(16u, micro_tiles));
      }
    }
  }
  // One row tile for 16 groups: all of them get a part of its columns, 64 micro tiles divide evenly.
  EXPECT_EQ(pick_slices({132, 1, 64, 128}, 16, 132), 16u);
}

// What was fastest on an H200 (docs/performance.md).
TEST(Split, SlicesAreThoseThatWereFastest) {
  constexpr u32 groups = 16, workers = 132;
  EXPECT_EQ(pick_slices({512, 1, 56, 256}, groups, workers), 14u) << "down of 8B, K types";
  EXPECT_EQ(pick_slices({512, 1, 16, 256}, groups, workers), 8u) << "o of 8B, K types";
  EXPECT_EQ(pick_slices({768, 1, 16, 256}, groups, workers), 8u) << "qkv of 8B, K types";
  EXPECT_EQ(pick_slices({1536, 1, 32, 128}, groups, workers), 8u) << "qkv of 7B, Q4_0";
  EXPECT_EQ(pick_slices({1376, 2, 32, 128}, groups, workers), 8u) << "gate and up of 7B, Q4_0";
  EXPECT_EQ(pick_slices({256, 1, 32, 256}, groups, workers), 16u) << "down of 1B, K types";
  EXPECT_EQ(pick_slices({384, 1, 8, 256}, groups, workers), 4u) << "qkv of 1B, K types";
  EXPECT_EQ(pick_slices({608, 2, 7, 128}, groups, workers), 1u) << "gate and up of 0.5B, Q5_0";
  EXPECT_EQ(pick_slices({112, 1, 7, 128}, groups, workers), 7u) << "o of 0.5B, Q5_0";
}

// Row tiles of Q, K and V by their cost: whole shares, in order, none far from its part of the cost.
TEST(Split, ItemsByCostHaveOneWorker) {
  constexpr ItemRun q = {512, 46}, k = {128, 46}, v = {128, 78};
  for (const u32 workers : {1u, 48u, 132u}) {
    u32 end = 0, before = 0;
    for (u32 worker = 0; worker < workers; worker++) {
      const Range cost = split(total_cost<q, k, v>, workers, worker);
      const u32 first = item_at<q, k, v>(cost.begin), last = item_at<q, k, v>(cost.end);
      EXPECT_EQ(first, end);
      end = last;
      for (u32 item = first; item < last; item++) before += item < q.items + k.items ? q.cost : v.cost;
      EXPECT_NEAR(before, cost.end, v.cost / 2.0) << "worker " << worker << " of " << workers;
    }
    EXPECT_EQ(end, q.items + k.items + v.items);
  }
}

TEST(Split, PiecesOfAContextCoverIt) {
  for (const unsigned positions : {1u, 63u, 64u, 65u, 1000u, 4096u, 131072u}) {
    for (const unsigned workers : {1u, 8u, 132u, 264u, 2048u}) {
      for (const unsigned lanes : {1u, 2u, 8u, 32u}) {
        EXPECT_EQ(attn_split::pieces(positions, workers, lanes, positions), 1u);
        const unsigned count = attn_split::pieces(positions, workers, lanes);
        SCOPED_TRACE(testing::Message() << positions << " positions, " << workers << " workers, " << lanes << " lanes: " << count << " pieces");
        EXPECT_GE(count, 1u);
        EXPECT_LE(count, attn_split::max_pieces);
        if (count > 1) {
          EXPECT_LE(count * lanes, workers) << "more pieces than workers";
        }
        EXPECT_EQ(attn_split::piece_begin(0, count, positions), 0u);
        EXPECT_EQ(attn_split::piece_begin(count, count, positions), positions);
        for (unsigned piece = 0; piece < count; piece++) {
          const unsigned length = attn_split::piece_begin(piece + 1, count, positions) - attn_split::piece_begin(piece, count, positions);
          EXPECT_GE(length, count > 1 ? attn_split::min_piece / 2 : 1u);
        }
      }
    }
  }
}

TEST(Split, ALongContextUsesEveryWorker) {
  EXPECT_EQ(attn_split::pieces(32000, 132, 8), 16u);  // 132 / 8
  EXPECT_EQ(attn_split::pieces(32000, 132, 2), 66u);
  EXPECT_EQ(attn_split::pieces(250, 132, 2), 2u);     // no more than one a min_piece
}

// Each row of the cache keeps its elements, 16-byte chunks stay whole, and a chunk of eight rows that follow one another stands in eight
// different 16-byte columns of the banks (128 bytes), or in as many as rows of that length allow.
TEST(CacheLayout, EightRowsHaveAChunkInDifferentBanks) {
  for (const u32 dim : {32u, 64u, 96u, 128u, 256u}) {
    for (u32 position = 0; position < 16; position++) {
      std::set<u32> places;
      for (u32 i = 0; i < dim; i++) {
        const u32 place = cache_layout::place(dim, true, position, i);
        EXPECT_LT(place, dim);
        EXPECT_EQ(place % 8, i % 8);
        places.insert(place);
        EXPECT_EQ(cache_layout::place(dim, false, position, i), i);
      }
      EXPECT_EQ(places.size(), dim);
    }
    for (u32 first = 0; first < 9; first++) {
      for (u32 chunk = 0; chunk < dim / 8; chunk++) {
        std::set<u32> columns;
        for (u32 position = first; position < first + 8; position++) {
          columns.insert((position * dim + cache_layout::place(dim, true, position, 8 * chunk)) / 8 % 8);
        }
        EXPECT_EQ(columns.size(), dim % 64 == 0 ? 8u : 4u) << dim;
      }
    }
  }
}

TEST(Split, PartsOfAGroupCoverItsHeads) {
  for (unsigned group = 1; group <= 32; group++) {
    for (const unsigned most : {attn_split::max_heads(256, 256), attn_split::max_heads(128, 256), attn_split::max_heads(64, 128), attn_split::matrix_heads}) {
      const unsigned parts = attn_split::parts(group, most), heads = attn_split::heads_per_part(group, most);
      EXPECT_LE(heads, most);
      EXPECT_GE(parts * heads, group);
      EXPECT_LT((parts - 1) * heads, group) << "a part without a head";
    }
  }
}

}  // namespace
}  // namespace llmc
