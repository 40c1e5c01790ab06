#include <algorithm>
#include <gtest/gtest.h>
#include "common/error.h"
#include "compiler/pack/weight_pieces.h"
#include "tests/unit/pack_fixture.h"

namespace llmc::test {
namespace {

std::vector<u8> packed(const Plan& plan, const GgufFile& file, u64 piece_bytes) {
  const WeightPieces pieces(plan, file, piece_bytes);
  std::vector<u8> all(pieces.bytes(), 0xee);
  u64 end = 0;
  for (size_t i = 0; i < pieces.count(); ++i) {
    EXPECT_EQ(pieces.piece(i).offset, end);
    end += pieces.piece(i).bytes;
  }
  EXPECT_EQ(end, all.size());
  for (size_t i = pieces.count(); i-- > 0;) pieces.pack(i, all.data() + pieces.piece(i).offset);  // any order will do
  return all;
}

TEST(WeightPieces, EveryTileStandsWhereThePlanSays) {
  const SmallModel model;
  const std::vector<u8> all = packed(model.plan, *model.gguf, 8u << 20);
  for (const Weight& weight : model.plan.weights) {
    if (weight.tiles == 0) continue;
    const u32 rows_of_tile = tile_rows(Layout::gpu);
    std::vector<u8> tile(weight.tile_bytes);
    for (u32 t = 0; t < weight.tiles; ++t) {
      const u32 first = t * rows_of_tile;
      pack_row_tile(Layout::gpu, weight.type, weight.columns, std::min(rows_of_tile, weight.rows - first),
                    model.gguf->tensor(weight.tensor)->data + first * row_bytes(weight.type, weight.columns), tile.data());
      ASSERT_TRUE(std::equal(tile.begin(), tile.end(), all.begin() + static_cast<long>(weight.offset + t * weight.stride))) << weight.tensor << " tile " << t;
    }
  }
}

TEST(WeightPieces, VectorsAreFloatsAndPaddingIsZero) {
  const SmallModel model;
  const std::vector<u8> all = packed(model.plan, *model.gguf, 8u << 20);
  const auto* norm = reinterpret_cast<const float*>(all.data());
  EXPECT_EQ(norm[5], 1.25f);
  const Weight& half = model.plan.weights.back();
  EXPECT_EQ(reinterpret_cast<const float*>(all.data() + half.offset)[255], 1.0f);  // widened from binary16
  EXPECT_TRUE(std::all_of(all.begin() + static_cast<long>(half.offset + 1024), all.end(), [](u8 byte) { return byte == 0; }));
}

TEST(WeightPieces, TheBytesDoNotDependOnThePieces) {
  const SmallModel model;
  const std::vector<u8> whole = packed(model.plan, *model.gguf, 1u << 30);
  EXPECT_EQ(whole, packed(model.plan, *model.gguf, 1));
  EXPECT_EQ(whole, packed(model.plan, *model.gguf, 10000));
  EXPECT_GT(WeightPieces(model.plan, *model.gguf, 10000).count(), 2u);
}

TEST(WeightPieces, ATensorInTwoRolesIsPackedOnce) {
  SmallModel model;
  Weight tied = model.plan.weights[1];
  tied.role = Role::output;
  model.plan.weights.push_back(tied);
  EXPECT_EQ(packed(model.plan, *model.gguf, 8u << 20), packed(SmallModel().plan, *model.gguf, 8u << 20));
}

TEST(WeightPieces, AnotherModelIsRefusedByTensor) {
  SmallModel model;
  model.plan.weights[1].rows += 1;
  EXPECT_THROW(
      {
        try {
          WeightPieces(model.plan, *model.gguf);
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), Exit::bad_input);
          EXPECT_NE(std::string(error.what()).find("gate"), std::string::npos);
          throw;
        }
      },
      Error);
  model.plan.weights[1].rows -= 1;
  model.plan.weights[2].tensor = "absent";
  EXPECT_THROW(WeightPieces(model.plan, *model.gguf), Error);
}

TEST(GgufIdentity, FollowsTheMetadataAndTheSize) {
  EXPECT_EQ(gguf_identity(*SmallModel("a").gguf), gguf_identity(*SmallModel("a").gguf));
  EXPECT_NE(gguf_identity(*SmallModel("a").gguf), gguf_identity(*SmallModel("b").gguf));
}

}  // namespace
}  // namespace llmc::test
