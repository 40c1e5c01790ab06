// Names of the fixed-width types in device code, and the attributes that mark it: device sources include no header of any SDK.
// The names are those of common/types.h, so that the few headers shared with the host (split.h) may include either.
#pragma once

namespace llmc {
using u8 = __UINT8_TYPE__;
using u16 = __UINT16_TYPE__;
using u32 = __UINT32_TYPE__;
using u64 = __UINT64_TYPE__;
using i8 = __INT8_TYPE__;
using i16 = __INT16_TYPE__;
using i32 = __INT32_TYPE__;
using i64 = __INT64_TYPE__;
using f32 = float;
typedef u32 u32x2 __attribute__((vector_size(8)));
typedef u32 u32x4 __attribute__((vector_size(16)));
typedef f32 f32x4 __attribute__((vector_size(16)));
typedef f32 f32x8 __attribute__((vector_size(32)));
}  // namespace llmc

#if !defined(__HIP__)
#define __device__
#define __global__
#elif !defined(__device__)
#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#define __shared__ __attribute__((shared))
#endif

// A table in the program.
#if defined(LLMC_HOST)
#define LLMC_CONSTANT static const
#else
#define LLMC_CONSTANT static __attribute__((constant)) const
#endif

// A device function. All are inlined: a kernel is one body.
#define LLMC_FN __device__ inline __attribute__((always_inline))
// The same for a lambda, behind its parameters.
#define LLMC_INLINED __attribute__((always_inline))
// A device function on the path of every token. The verifier holds it to loops of constant trip count (or marked), to local arrays
// indexed by constants or constant loop variables, and to float32. (HotAttr in the AST; an annotation would keep a copy of the function
// in the object.)
#define LLMC_HOT __attribute__((hot))
// Precedes a loop of a hot function whose trip count depends on the launch (`workers`, the context, a wait): a loop hint that the
// verifier sees in the AST.
#define LLMC_GRID_STRIDE _Pragma("nounroll")
#define LLMC_UNROLL _Pragma("unroll")
