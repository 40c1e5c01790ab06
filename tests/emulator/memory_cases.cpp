// Scalar and vector memory: loads, stores and atomics of every width, addressing, and lanes that are off. Addresses are the harness's:
// v[10:11] a place in `memory` for each lane, s[10:11] its start, v12 the lane's offset from it.
#include <algorithm>
#include <cstring>
#include "tests/emulator/instruction_harness.h"

namespace llmc::emu::test {
namespace {

const Families now = k1112, before = k910;

// Offset into `memory` of the lane's own place.
u32 place(const Lane& l) { return l.u(12); }

struct Space {
  const char* prefix;
  std::string address;  // of loads
  i32 offset;
};
// The ways to say where: 64-bit addresses, scalar base and 32-bit offset, immediate offsets of both signs, flat.
std::vector<Space> spaces() {
  return {{"global", "v[10:11], off", 0},
          {"global", "v12, s[10:11] offset:16", 16},
          {"global", "v[10:11], off offset:-8", -8},
          {"flat", "v[10:11]", 0},
          {"flat", "v[10:11] offset:32", 32}};
}

// "v12, s[10:11] offset:16" with the data where stores have it: behind the vector address.
std::string with_data(const std::string& address, const std::string& data) {
  const size_t end = std::min(address.find(','), address.find(' '));
  return end == std::string::npos ? address + ", " + data : address.substr(0, end) + ", " + data + address.substr(end);
}

void wide_moves(Cases& c) {
  const char* old_names[] = {"", "dword", "dwordx2", "dwordx3", "dwordx4"};
  for (unsigned n = 1; n <= 4; n++)
    for (const Space& s : spaces())
      for (const bool is_now : {false, true}) {
        const std::string suffix = is_now ? "b" + std::to_string(32 * n) : old_names[n];
        const Families& families = is_now ? now : before;
        c.lane(std::string(s.prefix) + "_load_" + suffix + " " + registers('v', 20, n) + ", " + s.address, families, [=](Lane& l) {
          for (unsigned k = 0; k < n; k++)
            l.set(20 + k, static_cast<u32>(bytes_at(l.in().memory, place(l) + static_cast<u32>(s.offset) + 4 * k, 4)));
        });
        c.lane(std::string(s.prefix) + "_store_" + suffix + " " + with_data(s.address, registers('v', 20, n)), families, [=](Lane& l) {
          for (unsigned k = 0; k < n; k++) put_bytes(l.out().memory, place(l) + static_cast<u32>(s.offset) + 4 * k, 4, l.u(20 + k));
        });
      }
  // The loaded data may replace the address.
  c.lane("global_load_b64 v[10:11], v[10:11], off", now, [](Lane& l) { l.set64(10, bytes_at(l.in().memory, place(l), 8)); });
  c.lane("global_load_b128 v[10:13], v[10:11], off slc dlc", k11, [](Lane& l) {
    for (unsigned k = 0; k < 4; k++) l.set(10 + k, static_cast<u32>(bytes_at(l.in().memory, place(l) + 4 * k, 4)));
  });
  c.lane("global_load_b32 v20, v[10:11], off th:TH_LOAD_NT scope:SCOPE_DEV", k12,
         [](Lane& l) { l.set(20, static_cast<u32>(bytes_at(l.in().memory, place(l), 4))); });
  c.wave("global_load_lds_dword v[10:11], off offset:64", k94, [](const State& in, State& out) {
    for (unsigned l = 0; l < in.lanes; l++)
      if (in.exec() >> l & 1)
        for (unsigned k = 0; k < 4; k++) out.lds[in.s[124] + 64 + 4 * l + k] = in.memory[in.v[12][l] + 64 + k];
  }, [](State& s) { s.s[124] = 512; });
}

void narrow_moves(Cases& c) {
  struct Narrow {
    const char *now, *before;
    unsigned bytes;
    u32 (*f)(u32 data, u32 old);
  };
  const Narrow list[] = {
      {"u8", "ubyte", 1, [](u32 d, u32) { return d; }},
      {"i8", "sbyte", 1, [](u32 d, u32) { return d >= 128 ? d - 256 : d; }},
      {"u16", "ushort", 2, [](u32 d, u32) { return d; }},
      {"i16", "sshort", 2, [](u32 d, u32) { return d >= 32768 ? d - 65536 : d; }},
      {"d16_b16", "short_d16", 2, [](u32 d, u32 o) { return o / 65536 * 65536 + d; }},
      {"d16_hi_b16", "short_d16_hi", 2, [](u32 d, u32 o) { return o % 65536 + d * 65536; }},
      {"d16_u8", "ubyte_d16", 1, [](u32 d, u32 o) { return o / 65536 * 65536 + d; }},
      {"d16_hi_u8", "ubyte_d16_hi", 1, [](u32 d, u32 o) { return o % 65536 + d * 65536; }},
      {"d16_i8", "sbyte_d16", 1, [](u32 d, u32 o) { return o / 65536 * 65536 + (d >= 128 ? d + 0xff00 : d); }},
      {"d16_hi_i8", "sbyte_d16_hi", 1, [](u32 d, u32 o) { return o % 65536 + (d >= 128 ? d + 0xff00 : d) * 65536; }},
  };
  for (const Space& s : spaces())
    for (const bool is_now : {false, true}) {
      const Families& families = is_now ? now : before;
      for (const Narrow& n : list)
        c.lane(std::string(s.prefix) + "_load_" + (is_now ? n.now : n.before) + " v20, " + s.address, families, [=](Lane& l) {
          l.set(20, n.f(static_cast<u32>(bytes_at(l.in().memory, place(l) + static_cast<u32>(s.offset), n.bytes)), l.u(20)));
        });
      const auto store = [&](const char* now_name, const char* old_name, unsigned bytes, unsigned shift) {
        c.lane(std::string(s.prefix) + "_store_" + (is_now ? now_name : old_name) + " " + with_data(s.address, "v20"), families,
               [=](Lane& l) { put_bytes(l.out().memory, place(l) + static_cast<u32>(s.offset), bytes, l.u(20) >> shift); });
      };
      store("b8", "byte", 1, 0);
      store("b16", "short", 2, 0);
      store("d16_hi_b8", "byte_d16_hi", 1, 16);
      store("d16_hi_b16", "short_d16_hi", 2, 16);
    }
}

// Scratch: the harness gives lane l 128 bytes at memory + 128 l, zero lanes of which overlap.
void scratch(Cases& c) {
  const char* old_names[] = {"", "dword", "dwordx2", "dwordx3", "dwordx4"};
  const auto at = [](const Lane& l, u32 offset) { return l.lane() * 128 + offset; };
  for (const bool is_now : {false, true}) {
    const Families families = is_now ? now : Families{94, 10};
    for (unsigned n = 1; n <= 4; n++) {
      const std::string suffix = is_now ? "b" + std::to_string(32 * n) : old_names[n];
      c.lane("scratch_load_" + suffix + " " + registers('v', 20, n) + ", off, s0 offset:8", families, [=](Lane& l) {
        for (unsigned k = 0; k < n; k++) l.set(20 + k, static_cast<u32>(bytes_at(l.in().memory, at(l, l.in().s[0] + 8 + 4 * k), 4)));
      }, 0, [](State& s) { s.s[0] = 16; });
      c.lane("scratch_store_" + suffix + " v0, " + registers('v', 20, n) + ", off", families, [=](Lane& l) {
        for (unsigned k = 0; k < n; k++) put_bytes(l.out().memory, at(l, l.u(0) + 4 * k), 4, l.u(20 + k));
      }, 0, [](State& s) {
        for (auto& x : s.v[0]) x = x % 100;
      });
    }
    const auto small = [](State& s) {
      for (auto& x : s.v[0]) x = x % 100;
    };
    const auto load = [&](const char* now_name, const char* old_name, unsigned bytes, u32 (*f)(u32, u32)) {
      c.lane(std::string("scratch_load_") + (is_now ? now_name : old_name) + " v20, v0, off", families,
             [=](Lane& l) { l.set(20, f(static_cast<u32>(bytes_at(l.in().memory, at(l, l.u(0)), bytes)), l.u(20))); }, 0, small);
    };
    load("u8", "ubyte", 1, [](u32 d, u32) { return d; });
    load("i8", "sbyte", 1, [](u32 d, u32) { return d >= 128 ? d - 256 : d; });
    load("u16", "ushort", 2, [](u32 d, u32) { return d; });
    load("i16", "sshort", 2, [](u32 d, u32) { return d >= 32768 ? d - 65536 : d; });
    load("d16_b16", "short_d16", 2, [](u32 d, u32 o) { return o / 65536 * 65536 + d; });
    load("d16_hi_b16", "short_d16_hi", 2, [](u32 d, u32 o) { return o % 65536 + d * 65536; });
    load("d16_u8", "ubyte_d16", 1, [](u32 d, u32 o) { return o / 65536 * 65536 + d; });
    load("d16_hi_u8", "ubyte_d16_hi", 1, [](u32 d, u32 o) { return o % 65536 + d * 65536; });
    load("d16_i8", "sbyte_d16", 1, [](u32 d, u32 o) { return o / 65536 * 65536 + (d >= 128 ? d + 0xff00 : d); });
    load("d16_hi_i8", "sbyte_d16_hi", 1, [](u32 d, u32 o) { return o % 65536 + (d >= 128 ? d + 0xff00 : d) * 65536; });
    const auto store = [&](const char* now_name, const char* old_name, unsigned bytes, unsigned shift) {
      c.lane(std::string("scratch_store_") + (is_now ? now_name : old_name) + " v0, v20, off", families,
             [=](Lane& l) { put_bytes(l.out().memory, at(l, l.u(0)), bytes, l.u(20) >> shift); }, 0, small);
    };
    store("b8", "byte", 1, 0);
    store("b16", "short", 2, 0);
    store("d16_hi_b8", "byte_d16_hi", 1, 16);
    store("d16_hi_b16", "short_d16_hi", 2, 16);
  }
}

void atomics(Cases& c) {
  struct Update {
    const char *now, *before;
    unsigned bytes;
    u64 (*f)(u64 old, u64 data, u64 second);
    bool compare = false;
  };
  const auto low = [](u64 x) { return static_cast<i32>(static_cast<u32>(x)); };
  static const auto as_signed = low;
  const Update list[] = {
      {"add_u32", "add", 4, [](u64 o, u64 d, u64) { return o + d; }},
      {"sub_u32", "sub", 4, [](u64 o, u64 d, u64) { return o - d; }},
      {"swap_b32", "swap", 4, [](u64, u64 d, u64) { return d; }},
      {"cmpswap_b32", "cmpswap", 4, [](u64 o, u64 d, u64 s) { return o == s ? d : o; }, true},
      {"min_u32", "umin", 4, [](u64 o, u64 d, u64) { return std::min(o, d); }},
      {"max_u32", "umax", 4, [](u64 o, u64 d, u64) { return std::max(o, d); }},
      {"min_i32", "smin", 4, [](u64 o, u64 d, u64) { return static_cast<u64>(std::min(as_signed(o), as_signed(d))); }},
      {"max_i32", "smax", 4, [](u64 o, u64 d, u64) { return static_cast<u64>(std::max(as_signed(o), as_signed(d))); }},
      {"and_b32", "and", 4, [](u64 o, u64 d, u64) { return o & d; }},
      {"or_b32", "or", 4, [](u64 o, u64 d, u64) { return o | d; }},
      {"xor_b32", "xor", 4, [](u64 o, u64 d, u64) { return o ^ d; }},
      {"inc_u32", "inc", 4, [](u64 o, u64 d, u64) { return o >= d ? 0 : o + 1; }},
      {"dec_u32", "dec", 4, [](u64 o, u64 d, u64) { return o == 0 || o > d ? d : o - 1; }},
      {"add_u64", "add_x2", 8, [](u64 o, u64 d, u64) { return o + d; }},
      {"swap_b64", "swap_x2", 8, [](u64, u64 d, u64) { return d; }},
      {"cmpswap_b64", "cmpswap_x2", 8, [](u64 o, u64 d, u64 s) { return o == s ? d : o; }, true},
      {"min_u64", "umin_x2", 8, [](u64 o, u64 d, u64) { return std::min(o, d); }},
      {"max_u64", "umax_x2", 8, [](u64 o, u64 d, u64) { return std::max(o, d); }},
      {"and_b64", "and_x2", 8, [](u64 o, u64 d, u64) { return o & d; }},
      {"or_b64", "or_x2", 8, [](u64 o, u64 d, u64) { return o | d; }},
      {"xor_b64", "xor_x2", 8, [](u64 o, u64 d, u64) { return o ^ d; }},
  };
  for (const char* prefix : {"global", "flat"})
    for (const Update& u : list)
      for (const bool is_now : {false, true})
        for (const bool returns : {false, true}) {
          const std::string address = std::string("v[10:11]"), tail = prefix[0] == 'g' ? ", off" : "";
          const unsigned n = u.bytes / 4 * (u.compare ? 2 : 1);
          const auto body = [=](Lane& l) {
            const auto value = [&](unsigned r) { return u.bytes == 8 ? l.q(r) : l.u(r); };
            const u64 old = bytes_at(l.in().memory, place(l), u.bytes);
            put_bytes(l.out().memory, place(l), u.bytes, u.f(old, value(0), u.compare ? value(u.bytes / 4) : 0));
            if (!returns) return;
            if (u.bytes == 8) l.set64(20, old);
            else l.set(20, static_cast<u32>(old));
          };
          // Every third lane of a compare finds what it looks for.
          const auto prepare = [=](State& s) {
            for (unsigned l = 0; u.compare && l < 64; l += 3)
              for (unsigned k = 0; k < u.bytes; k++) s.memory[s.v[12][l] + k] = static_cast<u8>(s.v[u.bytes / 4 + k / 4][l] >> 8 * (k % 4));
          };
          for (const unsigned family : is_now ? now : before) {
            const std::string flag = !returns ? "" : family == 12 ? " th:TH_ATOMIC_RETURN" : family == 94 ? " sc0" : " glc";
            c.lane(std::string(prefix) + "_atomic_" + (is_now ? u.now : u.before) + " " +
                       (returns ? registers('v', 20, u.bytes / 4) + ", " : "") + address + ", " + registers('v', 0, n) + tail + flag,
                   {family}, body, 0, prepare);
          }
        }
  // All lanes on one word.
  c.wave("global_atomic_add_u32 v0, v1, s[10:11]", now, [](const State& in, State& out) {
    u32 sum = static_cast<u32>(bytes_at(in.memory, 256, 4));
    for (unsigned l = 0; l < in.lanes; l++)
      if (in.exec() >> l & 1) sum += in.v[1][l];
    put_bytes(out.memory, 256, 4, sum);
  }, [](State& s) {
    for (auto& x : s.v[0]) x = 256;
  });
  for (const char* prefix : {"global", "flat"})
    c.lane(
        std::string(prefix) + "_atomic_add_f32 v[10:11], v0" + (prefix[0] == 'g' ? ", off" : ""),
        prefix[0] == 'g' ? Families{9, 94, 11, 12} : Families{94, 11, 12},
        [](Lane& l) {
          const double x = static_cast<double>(as_float(static_cast<u32>(bytes_at(l.in().memory, place(l), 4)))) + l.f(0);
          put_bytes(l.out().memory, place(l), 4, as_bits(static_cast<float>(x)));
        },
        0,
        [](State& s) {
          for (auto& x : s.v[0]) x = 0x3f00'0000 + x % 0x100'0000;
          for (unsigned l = 0; l < 64; l++) s.memory[s.v[12][l] + 3] = 0x3f;
        });
}

void scalars(Cases& c) {
  struct Size {
    const char *now, *before;
    unsigned dwords;
  };
  const Size sizes[] = {
      {"b32", "dword", 1}, {"b64", "dwordx2", 2}, {"b128", "dwordx4", 4}, {"b256", "dwordx8", 8}, {"b512", "dwordx16", 16}};
  const auto load = [&](const std::string& text, const Families& families, unsigned n, u32 (*offset)(const State&)) {
    c.wave(text, families, [=](const State& in, State& out) {
      for (unsigned k = 0; k < n; k++) out.s[20 + k] = static_cast<u32>(bytes_at(in.memory, offset(in) + 4 * k, 4));
    }, [](State& s) { s.s[0] = 0x40; });
  };
  for (const Size& z : sizes)
    for (const bool is_now : {false, true}) {
      const Families& families = is_now ? now : before;
      const std::string name = std::string("s_load_") + (is_now ? z.now : z.before) + " " +
                               registers('s', 20, z.dwords) + ", s[10:11], ";
      load(name + "0x124", families, z.dwords, [](const State&) { return 0x124u; });
      load(name + "s0", families, z.dwords, [](const State& in) { return in.s[0]; });
      load(name + "s0 offset:0x10", {is_now ? 11u : 94u, is_now ? 12u : 9u}, z.dwords, [](const State& in) { return in.s[0] + 16; });
    }
  load("s_load_b96 s[20:22], s[10:11], 0x20", k12, 3, [](const State&) { return 0x20u; });
  const auto narrow = [&](const char* name, u32 (*f)(const State&)) {
    c.wave(std::string(name) + " s20, s[10:11], 0x31", k12, [f](const State& in, State& out) { out.s[20] = f(in); });
  };
  narrow("s_load_u8", [](const State& s) { return static_cast<u32>(s.memory[0x31]); });
  narrow("s_load_i8", [](const State& s) { return s.memory[0x31] + (s.memory[0x31] >= 128 ? 0xffff'ff00u : 0); });
  narrow("s_load_u16", [](const State& s) { return s.memory[0x31] + 256u * s.memory[0x32]; });
  narrow("s_load_i16", [](const State& s) { return s.memory[0x31] + 256u * s.memory[0x32] + (s.memory[0x32] >= 128 ? 0xffff'0000u : 0); });
}

}  // namespace

void memory_cases(Cases& c) {
  wide_moves(c);
  narrow_moves(c);
  scratch(c);
  atomics(c);
  scalars(c);
}

}  // namespace llmc::emu::test
