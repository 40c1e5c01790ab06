// Conversions between numbers and packing of halves (RDNA3 ISA, chapter 16, VOP1 V_CVT_*, VOP3 V_CVT_PK_*, V_PACK_B32_F16).
#include <algorithm>
#include <cmath>
#include "tests/emulator/float_rules.h"
#include "tests/emulator/operations.h"

namespace llmc::emu {
namespace {

// One float32 to 16 bits towards zero, whatever MODE says (V_CVT_PKRTZ_F16_F32).
inline u32 half_towards_zero(float v) { return _cvtss_sh(v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }

template <int Scale>
inline i32 normalised(float v, float lowest) {
  const float c = v != v ? 0.0f : std::clamp(v, lowest, 1.0f);
  return static_cast<i32>(std::nearbyint(c * Scale));
}

constexpr auto normal_i16 = [](float a, float b) {
  return (static_cast<u32>(normalised<32767>(a, -1)) & 0xffff) | static_cast<u32>(normalised<32767>(b, -1)) << 16;
};
constexpr auto normal_u16 = [](float a, float b) {
  return (static_cast<u32>(normalised<65535>(a, 0)) & 0xffff) | static_cast<u32>(normalised<65535>(b, 0)) << 16;
};

constexpr Operation table[] = {
    vector<[](i32 a) { return static_cast<float>(a); }>("v_cvt_f32_i32"),
    // By way of float64, in which the sum is exact.
    vector<[](u32 a) { return static_cast<float>(static_cast<double>(static_cast<i32>(a ^ 0x8000'0000u)) + 2147483648.0); }>(
        "v_cvt_f32_u32"),
    vector<[](float a) { return to_i32(a); }>("v_cvt_i32_f32"),
    vector<[](float a) { return to_u32(a); }>("v_cvt_u32_f32"),
    vector<[](float a) { return to_i32(std::floor(a)); }>("v_cvt_flr_i32_f32"),
    vector<[](float a) { return to_i32(std::floor(a)); }>("v_cvt_floor_i32_f32"),
    vector<[](float a) { return to_i32(std::floor(a + 0.5f)); }>("v_cvt_rpi_i32_f32"),
    vector<[](float a) { return to_i32(std::floor(a + 0.5f)); }>("v_cvt_nearest_i32_f32"),
    vector<[](u32 a) { return static_cast<float>(static_cast<i32>(a & 0xff)); }>("v_cvt_f32_ubyte0"),
    vector<[](u32 a) { return static_cast<float>(static_cast<i32>(a >> 8 & 0xff)); }>("v_cvt_f32_ubyte1"),
    vector<[](u32 a) { return static_cast<float>(static_cast<i32>(a >> 16 & 0xff)); }>("v_cvt_f32_ubyte2"),
    vector<[](u32 a) { return static_cast<float>(static_cast<i32>(a >> 24)); }>("v_cvt_f32_ubyte3"),
    vector<[](Half a) { return a.v; }>("v_cvt_f32_f16"),
    vector<[](float a) { return Half{a}; }>("v_cvt_f16_f32"),
    vector<[](u16 a) { return Half{static_cast<float>(a)}; }>("v_cvt_f16_u16"),
    vector<[](i16 a) { return Half{static_cast<float>(a)}; }>("v_cvt_f16_i16"),
    vector<[](Half a) { return static_cast<u16>(std::clamp(to_i32(a.v), 0, 65535)); }>("v_cvt_u16_f16"),
    vector<[](Half a) { return static_cast<i16>(std::clamp(to_i32(a.v), -32768, 32767)); }>("v_cvt_i16_f16"),
    vector<[](i16 a) { return static_cast<i32>(a); }>("v_cvt_i32_i16"),
    vector<[](u16 a) { return static_cast<u32>(a); }>("v_cvt_u32_u16"),
    vector<[](float a) { return static_cast<double>(a); }>("v_cvt_f64_f32"),
    vector<[](double a) { return static_cast<float>(a); }>("v_cvt_f32_f64"),
    vector<[](i32 a) { return static_cast<double>(a); }>("v_cvt_f64_i32"),
    vector<[](u32 a) { return static_cast<double>(a); }>("v_cvt_f64_u32"),
    vector<[](float a, float b) { return half_towards_zero(a) | half_towards_zero(b) << 16; }>("v_cvt_pkrtz_f16_f32"),
    vector<[](float a, float b) { return half_towards_zero(a) | half_towards_zero(b) << 16; }>("v_cvt_pk_rtz_f16_f32"),
    vector<normal_i16>("v_cvt_pk_norm_i16_f32"),
    vector<normal_i16>("v_cvt_pknorm_i16_f32"),
    vector<normal_u16>("v_cvt_pk_norm_u16_f32"),
    vector<normal_u16>("v_cvt_pknorm_u16_f32"),
    vector<[](u32 a, u32 b) { return std::min(a, 65535u) | std::min(b, 65535u) << 16; }>("v_cvt_pk_u16_u32"),
    vector<[](i32 a, i32 b) {
      return (static_cast<u32>(std::clamp(a, -32768, 32767)) & 0xffff) | static_cast<u32>(std::clamp(b, -32768, 32767)) << 16;
    }>("v_cvt_pk_i16_i32"),
    vector<[](float a, float b) {
      return static_cast<u32>(std::clamp(to_i32(a), 0, 65535)) | static_cast<u32>(std::clamp(to_i32(b), 0, 65535)) << 16;
    }>("v_cvt_pk_u16_f32"),
    vector<[](float a, float b) {
      return (static_cast<u32>(std::clamp(to_i32(a), -32768, 32767)) & 0xffff) | static_cast<u32>(std::clamp(to_i32(b), -32768, 32767))
                                                                                     << 16;
    }>("v_cvt_pk_i16_f32"),
    vector<[](u16 a, u16 b) { return static_cast<u32>(a) | static_cast<u32>(b) << 16; }>("v_pack_b32_f16"),
};

}  // namespace

std::span<const Operation> convert_operations() { return table; }

}  // namespace llmc::emu
