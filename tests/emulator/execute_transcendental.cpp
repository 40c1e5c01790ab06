// Functions of one float (RDNA3 ISA, chapter 16, VOP1). The hardware is within about 1 ulp; here the value is computed in float64 and
// rounded once. The float32 units take denormals as zeros and give none.
#include <cmath>
#include "tests/emulator/float_rules.h"
#include "tests/emulator/scalar_frame.h"

namespace llmc::emu {
namespace {

constexpr auto kGroup = InstructionClass::transcendental;

template <auto F>
constexpr auto flushed = [](float a) { return without_denormal(static_cast<float>(F(static_cast<double>(without_denormal(a))))); };

constexpr auto exp2d = [](double a) { return std::exp2(a); };
constexpr auto log2d = [](double a) { return std::log2(a); };
constexpr auto rcpd = [](double a) { return 1.0 / a; };
constexpr auto rsqd = [](double a) { return a == 0 ? std::copysign(std::numeric_limits<double>::infinity(), a) : 1.0 / std::sqrt(a); };
constexpr auto sqrtd = [](double a) { return std::sqrt(a); };
// The argument is in turns; beyond 256 turns the result is that of 0, as the ISA's valid range says.
constexpr auto sind = [](double a) {
  if (!std::isfinite(a)) return std::numeric_limits<double>::quiet_NaN();
  if (std::fabs(a) > 256) return 0.0;
  return std::sin(2 * M_PI * (a - std::nearbyint(a)));
};
constexpr auto cosd = [](double a) {
  if (!std::isfinite(a)) return std::numeric_limits<double>::quiet_NaN();
  if (std::fabs(a) > 256) return 1.0;
  return std::cos(2 * M_PI * (a - std::nearbyint(a)));
};

template <auto F>
constexpr auto of_half = [](Half a) { return Half{round_to_odd(F(static_cast<double>(a.v)))}; };

// The same units with one value in scalar registers (from gfx12 on).
template <auto F>
constexpr Operation scalar_function(const char* mnemonic) {
  Operation o = scalar<F>(mnemonic);
  o.group = kGroup;
  return o;
}

constexpr Operation table[] = {
    scalar_function<flushed<exp2d>>("v_s_exp_f32"),
    scalar_function<flushed<log2d>>("v_s_log_f32"),
    scalar_function<flushed<rcpd>>("v_s_rcp_f32"),
    scalar_function<flushed<rsqd>>("v_s_rsq_f32"),
    scalar_function<flushed<sqrtd>>("v_s_sqrt_f32"),
    vector<flushed<exp2d>>("v_exp_f32", kGroup),
    vector<flushed<log2d>>("v_log_f32", kGroup),
    vector<flushed<rcpd>>("v_rcp_f32", kGroup),
    vector<flushed<rcpd>>("v_rcp_iflag_f32", kGroup),
    vector<flushed<rsqd>>("v_rsq_f32", kGroup),
    vector<flushed<sqrtd>>("v_sqrt_f32", kGroup),
    vector<flushed<sind>>("v_sin_f32", kGroup),
    vector<flushed<cosd>>("v_cos_f32", kGroup),
    vector<of_half<exp2d>>("v_exp_f16", kGroup),
    vector<of_half<log2d>>("v_log_f16", kGroup),
    vector<of_half<rcpd>>("v_rcp_f16", kGroup),
    vector<of_half<rsqd>>("v_rsq_f16", kGroup),
    vector<of_half<sqrtd>>("v_sqrt_f16", kGroup),
};

}  // namespace

std::span<const Operation> transcendental_operations() { return table; }

}  // namespace llmc::emu
