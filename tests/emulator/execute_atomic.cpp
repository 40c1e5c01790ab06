// Atomics on global and flat memory (RDNA3 ISA, chapters 11 and 16, GLOBAL_ATOMIC_*). Waves may run on two host threads, so every lane's
// update is a compare-and-swap of the host; lanes follow one another in order.
#include <atomic>
#include "tests/emulator/atomic_functions.h"
#include "tests/emulator/global_address.h"

namespace llmc::emu {
namespace {

template <unsigned N, class T, auto F, AddressSpace Space, bool Compare>
void atomic(Wave& w, const Instruction& i) {
  using Bits = std::conditional_t<sizeof(T) == 8, u64, u32>;
  const u64 lanes = active_lanes<N>(w);
  if (!lanes) return;
  alignas(64) u64 addresses[N];
  make_addresses<N, Space>(w, i, lanes, sizeof(T), AccessKind::atomic, addresses);
  const u32* data = destination_row<N>(w, i.src[1]);
  u32* dst = i.cache.returns ? destination_row<N>(w, i.dst) : nullptr;
  for (u64 rest = lanes; rest; rest &= rest - 1) {
    const unsigned l = static_cast<unsigned>(std::countr_zero(rest));
    if (addresses[l] % sizeof(T)) throw Fault("atomic at an address that is not a multiple of its size", static_cast<int>(l));
    T value, other{};
    load_value<N>(data, l, value);
    if constexpr (Compare) load_value<N>(data + sizeof(T) / 4 * N, l, other);
    std::atomic_ref<Bits> place(*reinterpret_cast<Bits*>(addresses[l]));
    Bits old = place.load();
    while (!place.compare_exchange_weak(old, std::bit_cast<Bits>(F(std::bit_cast<T>(old), value, other)))) {
    }
    if (dst) store_value<N>(dst, l, old);
  }
}

template <class T, auto F, AddressSpace Space, bool Compare = false>
constexpr Operation atomics(const char* m) {
  return operation(m, Form::atomic, InstructionClass::global_atomic, atomic<32, T, F, Space, Compare>, atomic<64, T, F, Space, Compare>);
}

#define SPACE(p, s)                                                                                                   \
  atomics<u32, fetch::add, s>(p "_atomic_add_u32"), atomics<u32, fetch::add, s>(p "_atomic_add"),                     \
  atomics<u32, fetch::sub, s>(p "_atomic_sub_u32"), atomics<u32, fetch::sub, s>(p "_atomic_sub"),                     \
  atomics<u32, fetch::exchange, s>(p "_atomic_swap_b32"), atomics<u32, fetch::exchange, s>(p "_atomic_swap"),         \
  atomics<u32, fetch::compare_lds_new, s, true>(p "_atomic_cmpswap_b32"),                                             \
  atomics<u32, fetch::compare_lds_new, s, true>(p "_atomic_cmpswap"),                                                 \
  atomics<u32, fetch::minimum, s>(p "_atomic_min_u32"), atomics<u32, fetch::minimum, s>(p "_atomic_umin"),            \
  atomics<u32, fetch::maximum, s>(p "_atomic_max_u32"), atomics<u32, fetch::maximum, s>(p "_atomic_umax"),            \
  atomics<i32, fetch::minimum, s>(p "_atomic_min_i32"), atomics<i32, fetch::minimum, s>(p "_atomic_smin"),            \
  atomics<i32, fetch::maximum, s>(p "_atomic_max_i32"), atomics<i32, fetch::maximum, s>(p "_atomic_smax"),            \
  atomics<u32, fetch::and_, s>(p "_atomic_and_b32"), atomics<u32, fetch::and_, s>(p "_atomic_and"),                   \
  atomics<u32, fetch::or_, s>(p "_atomic_or_b32"), atomics<u32, fetch::or_, s>(p "_atomic_or"),                       \
  atomics<u32, fetch::xor_, s>(p "_atomic_xor_b32"), atomics<u32, fetch::xor_, s>(p "_atomic_xor"),                   \
  atomics<u32, fetch::increment, s>(p "_atomic_inc_u32"), atomics<u32, fetch::increment, s>(p "_atomic_inc"),         \
  atomics<u32, fetch::decrement, s>(p "_atomic_dec_u32"), atomics<u32, fetch::decrement, s>(p "_atomic_dec"),         \
  atomics<u64, fetch::add, s>(p "_atomic_add_u64"), atomics<u64, fetch::add, s>(p "_atomic_add_x2"),                  \
  atomics<u64, fetch::exchange, s>(p "_atomic_swap_b64"), atomics<u64, fetch::exchange, s>(p "_atomic_swap_x2"),      \
  atomics<u64, fetch::compare_lds_new, s, true>(p "_atomic_cmpswap_b64"),                                             \
  atomics<u64, fetch::compare_lds_new, s, true>(p "_atomic_cmpswap_x2"),                                              \
  atomics<u64, fetch::minimum, s>(p "_atomic_min_u64"), atomics<u64, fetch::minimum, s>(p "_atomic_umin_x2"),         \
  atomics<u64, fetch::maximum, s>(p "_atomic_max_u64"), atomics<u64, fetch::maximum, s>(p "_atomic_umax_x2"),         \
  atomics<u64, fetch::and_, s>(p "_atomic_and_b64"), atomics<u64, fetch::and_, s>(p "_atomic_and_x2"),                \
  atomics<u64, fetch::or_, s>(p "_atomic_or_b64"), atomics<u64, fetch::or_, s>(p "_atomic_or_x2"),                    \
  atomics<u64, fetch::xor_, s>(p "_atomic_xor_b64"), atomics<u64, fetch::xor_, s>(p "_atomic_xor_x2"),               \
  atomics<float, fetch::add, s>(p "_atomic_add_f32")

constexpr Operation table[] = {
    SPACE("global", AddressSpace::global),
    SPACE("flat", AddressSpace::flat),
};

}  // namespace

std::span<const Operation> atomic_operations() { return table; }

}  // namespace llmc::emu
