// LDS: v13 is a place for each lane.
#include <algorithm>
#include "tests/emulator/instruction_harness.h"

namespace llmc::emu::test {
namespace {

const Families now = k1112, before = k910;

void moves(Cases& c, bool is_now) {
  const Families& families = is_now ? now : before;
  const std::string load = is_now ? "ds_load" : "ds_read", store = is_now ? "ds_store" : "ds_write";
  for (unsigned n = 1; n <= 4; n++)
    for (const u32 offset : {0u, 1040u}) {
      const std::string suffix = "_b" + std::to_string(32 * n) + " ", tail = offset ? " offset:" + std::to_string(offset) : "";
      c.lane(load + suffix + registers('v', 20, n) + ", v13" + tail, families, [=](Lane& l) {
        for (unsigned k = 0; k < n; k++) l.set(20 + k, static_cast<u32>(bytes_at(l.in().lds, l.u(13) + offset + 4 * k, 4)));
      });
      c.lane(store + suffix + "v13, " + registers('v', 20, n) + tail, families, [=](Lane& l) {
        for (unsigned k = 0; k < n; k++) put_bytes(l.out().lds, l.u(13) + offset + 4 * k, 4, l.u(20 + k));
      });
    }
  c.lane(load + "_b128 v[10:13], v13", families, [](Lane& l) {
    for (unsigned k = 0; k < 4; k++) l.set(10 + k, static_cast<u32>(bytes_at(l.in().lds, l.u(13) + 4 * k, 4)));
  });
  // Two addresses, in elements, or in 64 of them.
  for (const unsigned n : {1u, 2u})
    for (const bool stride : {false, true}) {
      const std::string two = (is_now ? std::string(stride ? "_2addr_stride64" : "_2addr") : std::string(stride ? "2st64" : "2")) + "_b" +
                              std::to_string(32 * n) + " ";
      const u32 first = stride ? 1 : 2, second = stride ? 3 : 5, scale = 4 * n * (stride ? 64 : 1);
      const std::string tail = " offset0:" + std::to_string(first) + " offset1:" + std::to_string(second);
      c.lane(load + two + registers('v', 20, 2 * n) + ", v13" + tail, families, [=](Lane& l) {
        for (unsigned k = 0; k < n; k++) {
          l.set(20 + k, static_cast<u32>(bytes_at(l.in().lds, l.u(13) + first * scale + 4 * k, 4)));
          l.set(20 + n + k, static_cast<u32>(bytes_at(l.in().lds, l.u(13) + second * scale + 4 * k, 4)));
        }
      });
      // The second store of a lane comes after all first ones.
      const std::string both = registers('v', 20, n) + ", " + registers('v', 22, n);
      c.wave(store + two + "v13, " + both + tail, families, [=](const State& in, State& out) {
        for (const bool other : {false, true})
          for (unsigned l = 0; l < in.lanes; l++)
            for (unsigned k = 0; k < n && (in.exec() >> l & 1); k++)
              put_bytes(out.lds, in.v[13][l] + (other ? second : first) * scale + 4 * k, 4, in.v[(other ? 22 : 20) + k][l]);
      });
    }
  c.lane(load + (is_now ? "_2addr_b32" : "2_b32") + " v[12:13], v13 offset0:1", families, [](Lane& l) {
    l.set(12, static_cast<u32>(bytes_at(l.in().lds, l.u(13) + 4, 4)));
    l.set(13, static_cast<u32>(bytes_at(l.in().lds, l.u(13), 4)));
  });
  const auto narrow = [&](const char* suffix, unsigned bytes, u32 (*f)(u32, u32)) {
    c.lane(load + suffix + " v20, v13 offset:3", families,
           [=](Lane& l) { l.set(20, f(static_cast<u32>(bytes_at(l.in().lds, l.u(13) + 3, bytes)), l.u(20))); });
  };
  narrow("_u8", 1, [](u32 d, u32) { return d; });
  narrow("_i8", 1, [](u32 d, u32) { return d >= 128 ? d - 256 : d; });
  narrow("_u16", 2, [](u32 d, u32) { return d; });
  narrow("_i16", 2, [](u32 d, u32) { return d >= 32768 ? d - 65536 : d; });
  narrow("_u16_d16", 2, [](u32 d, u32 o) { return o / 65536 * 65536 + d; });
  narrow("_u16_d16_hi", 2, [](u32 d, u32 o) { return o % 65536 + d * 65536; });
  narrow("_u8_d16", 1, [](u32 d, u32 o) { return o / 65536 * 65536 + d; });
  narrow("_u8_d16_hi", 1, [](u32 d, u32 o) { return o % 65536 + d * 65536; });
  narrow("_i8_d16", 1, [](u32 d, u32 o) { return o / 65536 * 65536 + (d >= 128 ? d + 0xff00 : d); });
  narrow("_i8_d16_hi", 1, [](u32 d, u32 o) { return o % 65536 + (d >= 128 ? d + 0xff00 : d) * 65536; });
  const auto narrow_store = [&](const char* suffix, unsigned bytes, unsigned shift) {
    c.lane(store + suffix + " v13, v20", families, [=](Lane& l) { put_bytes(l.out().lds, l.u(13), bytes, l.u(20) >> shift); });
  };
  narrow_store("_b8", 1, 0);
  narrow_store("_b16", 2, 0);
  narrow_store("_b8_d16_hi", 1, 16);
  narrow_store("_b16_d16_hi", 2, 16);
}

i32 as_signed(u64 x) { return static_cast<i32>(static_cast<u32>(x)); }

void atomics(Cases& c) {
  struct Update {
    const char *name, *returning;
    unsigned bytes;
    u64 (*f)(u64 old, u64 data);
  };
  const Update list[] = {
      {"ds_add_u32", "ds_add_rtn_u32", 4, [](u64 o, u64 d) { return o + d; }},
      {"ds_sub_u32", "ds_sub_rtn_u32", 4, [](u64 o, u64 d) { return o - d; }},
      {"ds_min_u32", "ds_min_rtn_u32", 4, [](u64 o, u64 d) { return std::min(o, d); }},
      {"ds_max_u32", "ds_max_rtn_u32", 4, [](u64 o, u64 d) { return std::max(o, d); }},
      {"ds_min_i32", "ds_min_rtn_i32", 4, [](u64 o, u64 d) { return static_cast<u64>(std::min(as_signed(o), as_signed(d))); }},
      {"ds_max_i32", "ds_max_rtn_i32", 4, [](u64 o, u64 d) { return static_cast<u64>(std::max(as_signed(o), as_signed(d))); }},
      {"ds_and_b32", "ds_and_rtn_b32", 4, [](u64 o, u64 d) { return o & d; }},
      {"ds_or_b32", "ds_or_rtn_b32", 4, [](u64 o, u64 d) { return o | d; }},
      {"ds_xor_b32", "ds_xor_rtn_b32", 4, [](u64 o, u64 d) { return o ^ d; }},
      {"ds_add_u64", "ds_add_rtn_u64", 8, [](u64 o, u64 d) { return o + d; }},
      {"ds_max_u64", "ds_max_rtn_u64", 8, [](u64 o, u64 d) { return std::max(o, d); }},
      {"ds_min_u64", "ds_min_rtn_u64", 8, [](u64 o, u64 d) { return std::min(o, d); }},
  };
  for (const Update& u : list)
    for (const bool returns : {false, true}) {
      const unsigned n = u.bytes / 4;
      const std::string result = returns ? registers('v', 20, n) + ", " : "";
      c.lane(std::string(returns ? u.returning : u.name) + " " + result + "v13, " + registers('v', 0, n) + " offset:8", kAll, [=](Lane& l) {
        const u64 old = bytes_at(l.in().lds, l.u(13) + 8, u.bytes);
        put_bytes(l.out().lds, l.u(13) + 8, u.bytes, u.f(old, u.bytes == 8 ? l.q(0) : l.u(0)));
        if (!returns) return;
        if (u.bytes == 8)
          l.set64(20, old);
        else
          l.set(20, static_cast<u32>(old));
      });
    }
  for (const bool returns : {false, true})
    c.lane(std::string(returns ? "ds_add_rtn_f32 v20, " : "ds_add_f32 ") + "v13, v0", kAll, [=](Lane& l) {
      const u32 old = static_cast<u32>(bytes_at(l.in().lds, l.u(13), 4));
      put_bytes(l.out().lds, l.u(13), 4, as_bits(static_cast<float>(static_cast<double>(as_float(old)) + l.f(0))));
      if (returns) l.set(20, old);
    }, 0, [](State& s) {
      for (auto& x : s.v[0]) x = 0x3f00'0000 + x % 0x100'0000;
      for (unsigned l = 0; l < 64; l++) s.lds[s.v[13][l] + 3] = 0x3f;
    });
  const auto exchange = [](Lane& l) {
    l.set(20, static_cast<u32>(bytes_at(l.in().lds, l.u(13), 4)));
    put_bytes(l.out().lds, l.u(13), 4, l.u(0));
  };
  c.lane("ds_storexchg_rtn_b32 v20, v13, v0", now, exchange);
  c.lane("ds_wrxchg_rtn_b32 v20, v13, v0", before, exchange);
  // The first data is the new value from gfx11 on; before, it is the value to compare with.
  for (const bool is_now : {false, true})
    for (const bool returns : {false, true}) {
      const std::string name = std::string(is_now ? "ds_cmpstore" : "ds_cmpst") + (returns ? "_rtn_b32 v20, " : "_b32 ");
      c.lane(name + "v13, v0, v1", is_now ? now : before, [=](Lane& l) {
        const u32 old = static_cast<u32>(bytes_at(l.in().lds, l.u(13), 4));
        if (old == l.u(is_now ? 1 : 0)) put_bytes(l.out().lds, l.u(13), 4, l.u(is_now ? 0 : 1));
        if (returns) l.set(20, old);
      }, 0, [=](State& s) {
        for (unsigned l = 0; l < 64; l += 3)
          for (unsigned k = 0; k < 4; k++) s.lds[s.v[13][l] + k] = static_cast<u8>(s.v[is_now ? 1 : 0][l] >> 8 * k);
      });
    }
  // All lanes on one word.
  c.wave("ds_add_u32 v0, v1", kAll, [](const State& in, State& out) {
    u32 sum = static_cast<u32>(bytes_at(in.lds, 256, 4));
    for (unsigned l = 0; l < in.lanes; l++)
      if (in.exec() >> l & 1) sum += in.v[1][l];
    put_bytes(out.lds, 256, 4, sum);
  }, [](State& s) {
    for (auto& x : s.v[0]) x = 256;
  });
}

}  // namespace

void lds_cases(Cases& c) {
  moves(c, true);
  moves(c, false);
  atomics(c);
}

}  // namespace llmc::emu::test
