// Matrix instructions for int8 and f16, where the target has them: one wave of 32 lanes multiplies 16 rows by 8 columns.
//
// Fragments of int8 (PTX's mma.m16n8k32): with g = lane / 4 and q = lane % 4, a[0] and a[2] hold elements 4q .. 4q + 3 of the first and second
// 16 of row g, a[1] and a[3] of row g + 8; b[0] and b[1] the same of column g; c[0], c[1] are row g, columns 2q and 2q + 1, c[2], c[3]
// row g + 8. Of f16 (mma.m16n8k16): a[0] and a[2] hold elements 2q, 2q + 1 of the first and second 8 of row g, a[1] and a[3] of row g + 8;
// b[0] and b[1] the same of column g; c as for int8.
#pragma once
#include "kernels/prim/prim.h"

namespace llmc::prim {

#if defined(__NVPTX__)
constexpr bool has_mma = true;
// c = a b over 32 elements, in int32.
LLMC_FN void mma32(i32 (&c)[4], const u32 (&a)[4], const u32 (&b)[2]) {
  asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %10, %10, %10};"
      : "=r"(c[0]), "=r"(c[1]), "=r"(c[2]), "=r"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(0));
}
// The same over 16 elements: a0 of row g, a1 of row g + 8.
LLMC_FN void mma16(i32 (&c)[4], u32 a0, u32 a1, u32 b) {
  asm("mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%7, %7, %7, %7};"
      : "=r"(c[0]), "=r"(c[1]), "=r"(c[2]), "=r"(c[3])
      : "r"(a0), "r"(a1), "r"(b), "r"(0));
}
// c += a b over 16 elements of f16, in float32.
LLMC_FN void mma_f16(f32 (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
// Four matrices of 8 rows of 8 values of 16 bits from shared memory; lane 8 i + r has the address of row r of matrix i, a multiple of 16.
// out[i] is matrix i as a fragment: lane 4 g + t gets values 2 t and 2 t + 1 of row g, or, transposed, of column g.
LLMC_FN void load_matrices(u32 (&out)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3]) : "r"(shared_address(row)) : "memory");
}
LLMC_FN void load_transposed(u32 (&out)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3]) : "r"(shared_address(row)) : "memory");
}
#elif defined(LLMC_HOST) && LLMC_WAVE == 32
constexpr bool has_mma = true;
LLMC_FN void load_matrices(u32 (&out)[4], const void* row) {
  if ((u64)row % 16 != 0) __builtin_trap();
  const u64* rows = host_table->exchange((u64)row, kWave, 5);
  for (u32 i = 0; i < 4; i++) out[i] = ((const u32*)rows[8 * i + lane() / 4])[lane() % 4];
  sync_wave();
}
LLMC_FN void load_transposed(u32 (&out)[4], const void* row) {
  if ((u64)row % 16 != 0) __builtin_trap();
  const u64* rows = host_table->exchange((u64)row, kWave, 6);
  for (u32 i = 0; i < 4; i++) {
    const u16 *even = (const u16*)rows[8 * i + lane() % 4 * 2], *odd = (const u16*)rows[8 * i + lane() % 4 * 2 + 1];
    out[i] = even[lane() / 4] | (u32)odd[lane() / 4] << 16;
  }
  sync_wave();
}
LLMC_FN void mma_f16(f32 (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  LLMC_UNROLL for (u32 q = 0; q < 4; q++) {
    u32 row[2][2], column[2][2];
    LLMC_UNROLL for (u32 half = 0; half < 2; half++) {
      LLMC_UNROLL for (u32 r = 0; r < 2; r++) row[half][r] = shfl(a[2 * half + r], lane() / 4 * 4 + q);
      LLMC_UNROLL for (u32 n = 0; n < 2; n++) column[half][n] = shfl(half == 0 ? b0 : b1, (2 * (lane() % 4) + n) * 4 + q);
      LLMC_UNROLL for (u32 i = 0; i < 4; i++) {
        const Float2 x = half2_to_float2(row[half][i / 2]), y = half2_to_float2(column[half][i % 2]);
        c[i] += x.x * y.x + x.y * y.y;
      }
    }
  }
}
LLMC_FN void mma16(i32 (&c)[4], u32 a0, u32 a1, u32 b) {
  u32 row[2][4], column[2][4];
  for (u32 q = 0; q < 4; q++) {
    row[0][q] = shfl(a0, lane() / 4 * 4 + q);
    row[1][q] = shfl(a1, lane() / 4 * 4 + q);
    column[0][q] = shfl(b, lane() % 4 * 8 + q);
    column[1][q] = shfl(b, lane() % 4 * 8 + 4 + q);
  }
  for (u32 i = 0; i < 4; i++) {
    c[i] = 0;
    for (u32 q = 0; q < 4; q++) c[i] = dot4_ss(row[i / 2][q], column[i % 2][q], c[i]);
  }
}
LLMC_FN void mma32(i32 (&c)[4], const u32 (&a)[4], const u32 (&b)[2]) {
  i32 second[4];
  mma16(c, a[0], a[1], b[0]);
  mma16(second, a[2], a[3], b[1]);
  for (u32 i = 0; i < 4; i++) c[i] += second[i];
}
#else
constexpr bool has_mma = false;
LLMC_FN void mma32(i32 (&)[4], const u32 (&)[4], const u32 (&)[2]) {}
LLMC_FN void mma16(i32 (&)[4], u32, u32, u32) {}
LLMC_FN void mma_f16(f32 (&)[4], const u32 (&)[4], u32, u32) {}
LLMC_FN void load_matrices(u32 (&)[4], const void*) {}
LLMC_FN void load_transposed(u32 (&)[4], const void*) {}
#endif

}  // namespace llmc::prim
