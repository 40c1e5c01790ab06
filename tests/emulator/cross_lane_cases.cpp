// Instructions across lanes: single lanes, permutes, DPP, counts.
#include "tests/emulator/instruction_harness.h"

namespace llmc::emu::test {
namespace {

unsigned first_lane(u64 exec) {
  for (unsigned l = 0; l < 64; l++)
    if (exec >> l & 1) return l;
  return 0;
}

// A DPP instruction "v20 = v0 moved, plus v1": from(l) is the source lane or -1.
void moves(Cases& c, const std::string& control, const Families& families, int (*from)(int, int), bool bound_control = true) {
  for (const bool wide : {false, true}) {
    Families chosen;
    for (const unsigned f : families)
      if ((f < 10 || f == 94) == wide) chosen.push_back(f);
    const std::string name = wide ? "v_add_u32_dpp" : "v_add_nc_u32_dpp";
    const auto body = [=](u64 writable, bool bound) {
      return [=](const State& in, State& out) {
        for (unsigned l = 0; l < in.lanes; l++) {
          if (!(in.exec() >> l & 1) || !(writable >> l & 1)) continue;
          const int k = from(static_cast<int>(l), static_cast<int>(in.lanes));
          const bool valid = k >= 0 && (in.exec() >> k & 1);
          if (valid) out.v[20][l] = in.v[0][k] + in.v[1][l];
          else if (bound) out.v[20][l] = in.v[1][l];
        }
      };
    };
    c.wave(name + " v20, v0, v1 " + control + " row_mask:0xf bank_mask:0xf" + (bound_control ? " bound_ctrl:1" : ""), chosen,
           body(~0ull, bound_control));
    c.wave(name + " v20, v0, v1 " + control + " row_mask:0x5 bank_mask:0xe", chosen, body(0x0000'fff0'0000'fff0ull, false));
  }
}

void dpp(Cases& c) {
  moves(c, "quad_perm:[1,0,3,2]", kAll, [](int l, int) { return l ^ 1; });
  moves(c, "quad_perm:[3,3,0,1]", kAll, [](int l, int) { return l / 4 * 4 + (l % 4 < 2 ? 3 : l % 4 - 2); });
  moves(c, "row_shl:3", kAll, [](int l, int) { return l % 16 + 3 < 16 ? l + 3 : -1; });
  moves(c, "row_shr:5", kAll, [](int l, int) { return l % 16 >= 5 ? l - 5 : -1; });
  moves(c, "row_ror:4", kAll, [](int l, int) { return l / 16 * 16 + (l + 12) % 16; });
  moves(c, "row_mirror", kAll, [](int l, int) { return l / 16 * 16 + 15 - l % 16; });
  moves(c, "row_half_mirror", kAll, [](int l, int) { return l / 8 * 8 + 7 - l % 8; });
  moves(c, "row_share:6", kRdna, [](int l, int) { return l / 16 * 16 + 6; });
  moves(c, "row_xmask:8", kRdna, [](int l, int) { return l ^ 8; });
  moves(c, "row_newbcast:9", kCdna, [](int l, int) { return l / 16 * 16 + 9; });
  moves(c, "row_bcast:15", kCdna, [](int l, int) { return l < 16 ? -1 : l / 16 * 16 - 1; });
  moves(c, "row_bcast:31", kCdna, [](int l, int) { return l < 32 ? -1 : 31; });
  moves(c, "wave_shr:1", k9, [](int l, int) { return l - 1; });
  moves(c, "wave_rol:1", k9, [](int l, int n) { return (l + 1) % n; });
  c.lane("v_mov_b32_dpp v20, v0 dpp8:[7,6,5,4,3,2,1,0]", kRdna, [](Lane& l) {
    const unsigned from = l.lane() / 8 * 8 + 7 - l.lane() % 8;
    l.set(20, l.in().exec() >> from & 1 ? l.in().v[0][from] : 0);
  });
  // In place, and with the old value of lanes that are off (fi).
  c.wave("v_add_f32_dpp v0, v0, v0 row_xmask:1 row_mask:0xf bank_mask:0xf bound_ctrl:1 fi:1", kRdna, [](const State& in, State& out) {
    for (unsigned l = 0; l < in.lanes; l++)
      if (in.exec() >> l & 1) {
        Lane lane(in, out, l);
        lane.setf(0, static_cast<double>(as_float(in.v[0][l ^ 1])) + as_float(in.v[0][l]));
      }
  });
}

void permutes(Cases& c) {
  const auto rows = [&](const char* text, bool other, bool inactive, bool bound) {
    c.wave(text, kRdna, [=](const State& in, State& out) {
      for (unsigned l = 0; l < in.lanes; l++) {
        if (!(in.exec() >> l & 1)) continue;
        const u32 nibbles = in.s[l % 16 < 8 ? 0 : 1];
        const unsigned row = l / 16 ^ (other ? 1 : 0), from = row * 16 + (nibbles >> 4 * (l % 8) & 15);
        if (in.exec() >> from & 1 || inactive) out.v[20][l] = in.v[0][from];
        else if (bound) out.v[20][l] = 0;
      }
    });
  };
  rows("v_permlane16_b32 v20, v0, s0, s1", false, false, false);
  rows("v_permlane16_b32 v20, v0, s0, s1 op_sel:[1,0]", false, true, false);
  rows("v_permlanex16_b32 v20, v0, s0, s1", true, false, false);
  rows("v_permlanex16_b32 v20, v0, s0, s1 op_sel:[0,1]", true, false, true);
  c.lane("v_permlane64_b32 v20, v0", k1112, [](Lane& l) { l.set(20, l.in().v[0][l.in().lanes == 64 ? l.lane() ^ 32 : l.lane()]); });
  c.lane("v_swap_b32 v20, v0", kAll, [](Lane& l) {
    l.set(20, l.u(0));
    l.set(0, l.u(20));
  });
  c.lane("ds_bpermute_b32 v20, v0, v1", kAll, [](Lane& l) {
    const unsigned from = l.u(0) / 4 % l.in().lanes;
    l.set(20, l.in().exec() >> from & 1 ? l.in().v[1][from] : 0);
  });
  c.lane("ds_bpermute_b32 v20, v0, v1 offset:12", kAll, [](Lane& l) {
    const unsigned from = (l.u(0) + 12) / 4 % l.in().lanes;
    l.set(20, l.in().exec() >> from & 1 ? l.in().v[1][from] : 0);
  });
  c.wave("ds_permute_b32 v20, v0, v1", kAll, [](const State& in, State& out) {
    std::vector<u32> result(64, 0);
    for (unsigned l = 0; l < in.lanes; l++)
      if (in.exec() >> l & 1) result[in.v[0][l] / 4 % in.lanes] = in.v[1][l];
    for (unsigned l = 0; l < in.lanes; l++)
      if (in.exec() >> l & 1) out.v[20][l] = result[l];
  });
  const auto swizzle = [&](const char* pattern, unsigned (*from)(unsigned)) {
    c.lane(std::string("ds_swizzle_b32 v20, v0 offset:swizzle(") + pattern + ")", kAll, [=](Lane& l) {
      const unsigned k = from(l.lane());
      l.set(20, l.in().exec() >> k & 1 ? l.in().v[0][k] : 0);
    });
  };
  swizzle("SWAP,8", [](unsigned l) { return l ^ 8; });
  swizzle("BROADCAST,4,2", [](unsigned l) { return l / 4 * 4 + 2; });
  swizzle("QUAD_PERM,2,0,3,1", [](unsigned l) { return l / 4 * 4 + (l % 4 == 0 ? 2 : l % 4 == 1 ? 0 : l % 4 == 2 ? 3 : 1); });
  swizzle("BITMASK_PERM,\"01pi0\"", [](unsigned l) { return (l & 32) | 8 | (l & 4) | (~l & 2); });
}

}  // namespace

void cross_lane_cases(Cases& c) {
  c.wave("v_readfirstlane_b32 s20, v0", kAll, [](const State& in, State& out) { out.s[20] = in.v[0][first_lane(in.exec())]; });
  c.wave("v_readlane_b32 s20, v0, 13", kAll, [](const State& in, State& out) { out.s[20] = in.v[0][13]; });
  c.wave("v_readlane_b32 s20, v0, s1", kAll, [](const State& in, State& out) { out.s[20] = in.v[0][in.s[1] % in.lanes]; });
  c.wave("v_writelane_b32 v20, s1, 17", kAll, [](const State& in, State& out) { out.v[20][17] = in.s[1]; });
  c.lane("v_mbcnt_lo_u32_b32 v20, s0, v1", kAll, [](Lane& l) {
    u32 n = l.u(1);
    for (unsigned k = 0; k < 32 && k < l.lane(); k++) n += l.in().s[0] >> k & 1;
    l.set(20, n);
  });
  c.lane("v_mbcnt_hi_u32_b32 v20, v0, v1", kAll, [](Lane& l) {
    u32 n = l.u(1);
    for (unsigned k = 32; k < l.lane(); k++) n += l.u(0) >> (k - 32) & 1;
    l.set(20, n);
  });
  dpp(c);
  permutes(c);
}

}  // namespace llmc::emu::test
