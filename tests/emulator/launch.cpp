#include "tests/emulator/launch.h"
#include <algorithm>
#include <cstring>
#include <llvm/Support/AMDHSAKernelDescriptor.h>
#include "common/error.h"

namespace llmc::emu {
namespace {

namespace hsa = llvm::amdhsa;

constexpr u32 never_set = 0xdead'beef;
constexpr u32 ttmp7 = 115, ttmp9 = 117;  // gfx12: workgroup ids

// hsa_kernel_dispatch_packet_t.
struct DispatchPacket {
  u16 header, setup;
  u16 workgroup_size[3], reserved0;
  u32 grid_size[3];  // in work-items
  u32 private_segment_size, group_segment_size;
  u64 kernel_object, kernarg_address, reserved1, completion_signal;
};
static_assert(sizeof(DispatchPacket) == 64);

u64 hidden_value(const std::string& kind, const LaunchShape& shape) {
  const auto axis = [&] { return static_cast<u32>(kind.back() - 'x'); };
  if (kind.starts_with("hidden_block_count_")) return shape.groups[axis()];
  if (kind.starts_with("hidden_group_size_")) return shape.threads[axis()];
  if (kind == "hidden_grid_dims") return shape.groups[2] * shape.threads[2] > 1 ? 3 : shape.groups[1] * shape.threads[1] > 1 ? 2 : 1;
  if (kind == "hidden_dynamic_lds_size") return shape.dynamic_lds;
  if (kind == "hidden_private_base") return kPrivateAperture >> 32;
  if (kind == "hidden_shared_base") return kSharedAperture >> 32;
  return 0;  // offsets, remainders of a grid of whole workgroups, services of the host
}

}  // namespace

std::vector<u8> pack_arguments(const Kernel& kernel, void* const* arguments) {
  std::vector<u8> bytes(kernel.kernarg_bytes);
  for (const KernelArgument& argument : kernel.arguments) {
    if (argument.hidden()) continue;
    require(argument.offset + argument.size <= bytes.size(), "a kernel argument lies outside its segment");
    std::memcpy(bytes.data() + argument.offset, *arguments++, argument.size);
  }
  return bytes;
}

LaunchMemory::LaunchMemory(const Kernel& kernel, const LaunchShape& shape, std::span<const u8> arguments, Allocations& memory)
    : memory_(memory) {
  std::vector<u8> segment(kernel.kernarg_bytes);
  std::memcpy(segment.data(), arguments.data(), std::min(segment.size(), arguments.size()));
  for (const KernelArgument& argument : kernel.arguments) {
    if (!argument.hidden()) continue;
    const u64 value = hidden_value(argument.kind, shape);
    std::memcpy(segment.data() + argument.offset, &value, std::min<u64>(argument.size, sizeof(value)));
  }
  // Scalar loads fetch whole groups of dwords: the segment is readable up to a multiple of 64 bytes.
  segment.resize((segment.size() + 63) / 64 * 64);
  DispatchPacket packet = {};
  packet.setup = 3;
  for (u32 axis = 0; axis < 3; ++axis) {
    packet.workgroup_size[axis] = static_cast<u16>(shape.threads[axis]);
    packet.grid_size[axis] = shape.groups[axis] * shape.threads[axis];
  }
  packet.private_segment_size = kernel.private_bytes;
  packet.group_segment_size = kernel.group_bytes + shape.dynamic_lds;
  const Allocation* for_arguments = memory.allocate(std::max<u64>(segment.size(), 64), AllocationKind::launch);
  const Allocation* for_packet = memory.allocate(sizeof(packet), AllocationKind::launch);
  if (for_arguments == nullptr || for_packet == nullptr)
    fail(Exit::memory, "There is no memory for the arguments of kernel {}.", kernel.name);
  arguments_ = for_arguments->base;
  packet_ = for_packet->base;
  packet.kernarg_address = arguments_;
  std::memcpy(reinterpret_cast<u8*>(arguments_), segment.data(), segment.size());
  std::memcpy(reinterpret_cast<u8*>(packet_), &packet, sizeof(packet));
}

LaunchMemory::~LaunchMemory() {
  memory_.release(arguments_);
  memory_.release(packet_);
}

void set_up_registers(ResidentWave& wave, const Kernel& kernel, const Card& card, const LaunchShape& shape, const LaunchMemory& memory) {
  const u32* group_id = wave.workgroup->id;
  std::fill(std::begin(wave.sgpr), std::end(wave.sgpr), never_set);
  std::fill_n(wave.vgprs, u64{wave.vgpr_count} * wave.wave_size, never_set);

  u32 next = 0;
  const auto pair = [&](bool enabled, u64 value) {
    if (!enabled) return;
    wave.set_pair(next, value);
    next += 2;
  };
  const u32 properties = kernel.properties;
  if (properties & hsa::KERNEL_CODE_PROPERTY_ENABLE_SGPR_PRIVATE_SEGMENT_BUFFER) {
    pair(true, 0);
    pair(true, 0);
  }
  pair(properties & hsa::KERNEL_CODE_PROPERTY_ENABLE_SGPR_DISPATCH_PTR, memory.packet());
  pair(properties & hsa::KERNEL_CODE_PROPERTY_ENABLE_SGPR_QUEUE_PTR, 0);
  pair(properties & hsa::KERNEL_CODE_PROPERTY_ENABLE_SGPR_KERNARG_SEGMENT_PTR, memory.arguments());
  pair(properties & hsa::KERNEL_CODE_PROPERTY_ENABLE_SGPR_DISPATCH_ID, 0);
  pair(properties & hsa::KERNEL_CODE_PROPERTY_ENABLE_SGPR_FLAT_SCRATCH_INIT, 0);
  if (properties & hsa::KERNEL_CODE_PROPERTY_ENABLE_SGPR_PRIVATE_SEGMENT_SIZE) wave.sgpr[next++] = kernel.private_bytes;
  const u32 preloaded = kernel.preload & 0x7f, preload_from = kernel.preload >> 7;
  std::memcpy(wave.sgpr + next, reinterpret_cast<const u8*>(memory.arguments()) + u64{preload_from} * 4, u64{preloaded} * 4);

  next = (kernel.rsrc2 & hsa::COMPUTE_PGM_RSRC2_USER_SGPR_COUNT) >> hsa::COMPUTE_PGM_RSRC2_USER_SGPR_COUNT_SHIFT;
  if (card.generation() >= 12) {
    wave.sgpr[ttmp9] = group_id[0];
    wave.sgpr[ttmp7] = group_id[1] | group_id[2] << 16;
  } else {
    if (kernel.rsrc2 & hsa::COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_ID_X) wave.sgpr[next++] = group_id[0];
    if (kernel.rsrc2 & hsa::COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_ID_Y) wave.sgpr[next++] = group_id[1];
    if (kernel.rsrc2 & hsa::COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_ID_Z) wave.sgpr[next++] = group_id[2];
    if (kernel.rsrc2 & hsa::COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_INFO) wave.sgpr[next++] = 0;
    if ((kernel.rsrc2 & hsa::COMPUTE_PGM_RSRC2_ENABLE_PRIVATE_SEGMENT) && !card.architected_flat_scratch()) wave.sgpr[next++] = 0;
  }

  const u32 threads = shape.threads_of_group(), first = wave.index * wave.wave_size;
  const u32 axes = (kernel.rsrc2 & hsa::COMPUTE_PGM_RSRC2_ENABLE_VGPR_WORKITEM_ID) >> hsa::COMPUTE_PGM_RSRC2_ENABLE_VGPR_WORKITEM_ID_SHIFT;
  u64 exec = 0;
  for (u32 lane = 0; lane < wave.wave_size; ++lane) {
    const u32 thread = first + lane;
    if (thread < threads) exec |= u64{1} << lane;
    const u32 x = thread % shape.threads[0], y = thread / shape.threads[0] % shape.threads[1],
              z = thread / shape.threads[0] / shape.threads[1];
    if (card.packed_workitem_ids()) {
      wave.vgpr(0)[lane] = x | y << 10 | z << 20;
      continue;
    }
    wave.vgpr(0)[lane] = x;
    if (axes >= 1) wave.vgpr(1)[lane] = y;
    if (axes >= 2) wave.vgpr(2)[lane] = z;
  }
  wave.set_exec(exec);
  wave.set_pair(kVccRegister, 0);
  // Bits 12 to 19 are the rounding and denormal modes in MODE's order.
  wave.mode = kernel.rsrc1 >> hsa::COMPUTE_PGM_RSRC1_FLOAT_ROUND_MODE_32_SHIFT & 0xff;
  if (card.generation() < 12) {
    if (kernel.rsrc1 & hsa::COMPUTE_PGM_RSRC1_GFX6_GFX11_ENABLE_DX10_CLAMP) wave.mode |= 1 << 8;
    if (kernel.rsrc1 & hsa::COMPUTE_PGM_RSRC1_GFX6_GFX11_ENABLE_IEEE_MODE) wave.mode |= 1 << 9;
  }
}

}  // namespace llmc::emu
