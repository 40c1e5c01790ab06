// Rotary position embedding (Su et al., RoFormer) with exact angles: pos * turns modulo 2^64 is the angle as a fraction of a turn.
#pragma once
#include "kernels/x86/vector.h"

namespace llmc::x86 {

template <int dim>
struct Rotation {
  f32 sine[dim / 2], cosine[dim / 2];
};

template <int dim>
X86_FN void rotation_at(int pos, const unsigned long long* turns, Rotation<dim>& r) {
  for (int i = 0; i < dim / 2; i++) sin_cos_turns((u32)((u64)pos * turns[i] >> 32), &r.sine[i], &r.cosine[i]);
}

// Rotates a head in place; elements from `dim` on stay. halves: pairs (i, i + dim/2); else (2i, 2i + 1).
template <int dim, bool halves>
X86_FN void rotate(const Rotation<dim>& r, f32* head) {
  for (int i = 0; i < dim / 2; i++) {
    const int first = halves ? i : 2 * i, second = halves ? i + dim / 2 : 2 * i + 1;
    const f32 a = head[first], b = head[second];
    head[first] = a * r.cosine[i] - b * r.sine[i];
    head[second] = a * r.sine[i] + b * r.cosine[i];
  }
}

}  // namespace llmc::x86
